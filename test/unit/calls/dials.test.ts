import { pino } from 'pino';
import type { Call } from '../../../lib/calls/call';
import { CallTable } from '../../../lib/calls/call-table';
import { verdictOf } from '../../../lib/calls/verdicts';
import { TcpGateway } from '../../../lib/gateway/tcp-gateway';
import type { GatewayLimits } from '../../../lib/gateway/limits';
import { TestUe } from '../gateway/test-ue';
import { anchorWith, coreAnswer, iceOffer, mediaOf, tcpCandidate, ueSdp, type FakeGateway } from '../media/fixtures';

const logger = pino({ level: 'silent' });
let gateway: TcpGateway;
let calls: CallTable;
let call: Call;
let user: string;
let password: string;

/** An answered call of a UE at 127.0.0.1, through a real gateway. */
async function answered(limits: Partial<GatewayLimits> = {}, offer = iceOffer): Promise<void> {
  const advertised = [{ address: '198.51.100.1', port: 80, family: 4 as const }];
  gateway = new TcpGateway({ listen: [{ address: '127.0.0.1', port: 0 }], advertised, logger, limits });
  await gateway.listen();
  const { local } = anchorWith({ gateway: gateway as unknown as FakeGateway });
  calls = new CallTable(1);
  call = calls.open({ direction: 'originating', sipCallId: 'id@ue', ueAddress: '127.0.0.1' }, local);
  await call.media.offer('access', offer);
  const [line] = mediaOf(await call.media.answer('core', coreAnswer));
  user = `${line?.ufrag ?? ''}:ueUF`;
  password = line?.pwd ?? '';
  call.answered();
}

const dial = () => TestUe.connect(gateway.address()[0]!.port);

/** What is said of the call once it has ended. */
async function verdict(): Promise<{ id: string; steps: string }> {
  call.end('hung-up');
  await calls.settled();
  const [ended] = calls.history.ended();
  return { id: verdictOf(ended!.evidence).id, steps: ended!.ladder.events.map(({ what }) => what).join('\n') };
}

afterEach(async () => {
  await gateway.close();
});

describe('the verdict of a call whose UE dials', () => {
  test('I10: wrong-password', async () => {
    await answered();
    const ue = await dial();
    ue.send(ue.check(user, 'another password of some length'));
    await ue.closed;
    const { id, steps } = await verdict();
    expect(id).toBe('wrong-password');
    expect(steps).toContain('ICE check bad-integrity over tcp');
    expect(steps).not.toContain(password);
  });

  test('I10: never-nominated', async () => {
    await answered();
    const ue = await dial();
    await ue.ask(user, password);
    expect((await verdict()).id).toBe('never-nominated');
    await ue.closed;
  });

  test('I10: not-accepted', async () => {
    await answered();
    const ue = await dial();
    await ue.ask(user, password, true);
    expect((await verdict()).id).toBe('not-accepted');
    await ue.closed;
  });

  test('I10: unknown-ufrag', async () => {
    await answered();
    const ue = await dial();
    ue.send(ue.check('nobodys:ueUF', password));
    await ue.closed;
    expect((await verdict()).id).toBe('unknown-ufrag');
  });

  test('I10: silent-connection', async () => {
    await answered({ authenticationMs: 20 });
    await (
      await dial()
    ).closed;
    expect((await verdict()).id).toBe('silent-connection');
  });

  test('I10: pushed-out, by others', async () => {
    await answered({ unauthenticated: 1 });
    const [first, second] = [await dial(), await dial()];
    await Promise.race([first.closed, second.closed]);
    expect((await verdict()).id).toBe('pushed-out');
    first.close();
    second.close();
  });

  test('I10: no-ice-tcp, of a UE that offers no candidate for TCP; never-dialled, of one that does', async () => {
    await answered({}, iceOffer.replace(`${tcpCandidate}\r\n`, ''));
    expect((await verdict()).id).toBe('no-ice-tcp');
    await gateway.close();
    await answered();
    expect((await verdict()).id).toBe('never-dialled');
  });

  test('I10: private-without-ice', async () => {
    await answered({}, ueSdp('m=audio 5000 RTP/AVP 0'));
    expect((await verdict()).id).toBe('private-without-ice');
  });

  test('I10: a flood of strangers from its address fills no ladder', async () => {
    await answered();
    for (let i = 0; i < 40; i++) {
      const ue = await dial();
      ue.send(ue.check('nobodys:ueUF', password));
      await ue.closed;
    }
    call.end('hung-up');
    await calls.settled();
    const [ended] = calls.history.ended();
    expect(ended!.evidence.vain['unknown-ufrag']).toBeLessThanOrEqual(20);
    expect(ended!.ladder.events.filter(({ what }) => what.includes('unknown-ufrag'))).toHaveLength(2);
    expect(ended!.counts[0]?.what).toContain('unknown-ufrag');
  });
});

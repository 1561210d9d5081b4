import { EventEmitter, once } from 'node:events';
import type { CheckTiming } from '../../../lib/ue/check-list';
import { checkTiming } from '../../../lib/ue/check-list';
import { IceSession } from '../../../lib/ue/ice-session';
import type { IceDescription } from '../../../lib/ue/description';
import type { HttpProxy } from '../../../lib/ue/open-socket';
import type { UeEvent } from '../../../lib/ue/ue-event';
import { connectProxy } from './edge-side';
import { LiteResponder } from './lite-responder';

/** Short times, so that silence is believed soon. */
const impatient: CheckTiming = {
  ...checkTiming,
  rto: 100,
  attempts: 3,
  lastWait: 2,
  nominationDelay: 200,
  giveUp: 600,
};

/** What a peer says of a line; without ICE its default address counts. */
function remote(line: number, ice: IceDescription | undefined, port = 9) {
  return { line, accepted: true, ice, rtp: { address: '127.0.0.1', port } };
}

const rtp = Buffer.from('800000010000000000000001ff', 'hex');

describe('an ICE session of the UE', () => {
  let responders: LiteResponder[] = [];
  let session: IceSession;
  let events: UeEvent[];
  const received = new EventEmitter<{ packet: [line: number, packet: Buffer]; event: [UeEvent] }>();

  async function open(lines: number[], timing = impatient, proxy?: HttpProxy): Promise<void> {
    events = [];
    session = await IceSession.open({
      address: '127.0.0.1',
      lines,
      observer: (event) => {
        events.push(event);
        received.emit('event', event);
      },
      carries: { packet: (line, packet) => received.emit('packet', line, packet) },
      ...{ timing, proxy },
      consent: { interval: 100, patience: 200, expiry: 30_000 },
    });
    responders = await Promise.all(lines.map(() => LiteResponder.start()));
  }

  const connect = () => session.connect(responders.map(({ description }, line) => remote(line, description)));
  const named = (name: UeEvent['event']) => events.filter(({ event }) => event === name);

  /** Resolves with the next event of that name; to be called before what causes it. */
  async function next(name: UeEvent['event']): Promise<void> {
    await new Promise<void>((resolve) => {
      received.on('event', ({ event }) => {
        if (event === name) resolve();
      });
    });
  }

  async function echo(line: number): Promise<[number, Buffer]> {
    const echoed = once(received, 'packet');
    expect(session.send(line, rtp)).toBe(true);
    return (await echoed) as [number, Buffer];
  }

  afterEach(async () => {
    session.close();
    session.close();
    received.removeAllListeners();
    await Promise.all(responders.map((responder) => responder.close()));
  });

  it('A6: UDP open: uses UDP, nominates it once, and media goes both ways', async () => {
    await open([0]);
    await connect();
    expect(session.path(0)).toBe('udp');
    expect(responders[0]?.nominated).toEqual(['udp']);
    expect(await echo(0)).toEqual([0, rtp]);
  });

  it('A6, D1: UDP silent: uses TCP, with the UDP checks that nobody answered told', async () => {
    await open([0]);
    responders[0]!.udpSilent = true;
    await connect();
    const { tcpPort, udpPort } = responders[0]!;
    expect(session.path(0)).toBe(`tcp${tcpPort}`);
    expect(responders[0]?.nominated).toEqual(['tcp']);
    expect(named('tcp-connected')).toHaveLength(1);
    const unanswered = { event: 'udp-unanswered', line: 0, remote: `127.0.0.1:${udpPort}` };
    expect(named('udp-unanswered')).toEqual([expect.objectContaining(unanswered)]);
    expect(session.unansweredUdpChecks(0)).toBeGreaterThanOrEqual(1);
    expect(await echo(0)).toEqual([0, rtp]);
  });

  it('J8: UDP silent behind an HTTP proxy: dials TCP through the proxy, and media goes both ways', async () => {
    const asked: string[] = [];
    const proxy = await connectProxy((target) => asked.push(target));
    await open([0], impatient, { host: '127.0.0.1', port: proxy.port });
    responders[0]!.udpSilent = true;
    await connect();
    expect(asked).toEqual([`127.0.0.1:${responders[0]!.tcpPort}`]);
    expect(session.path(0)).toBe(`tcp${responders[0]!.tcpPort}`);
    expect(await echo(0)).toEqual([0, rtp]);
    await proxy.close();
  });

  it('both silent: fails, and says what was tried and what came of it', async () => {
    await open([0]);
    const { udpPort, tcpPort } = responders[0]!;
    const { description } = responders[0]!;
    responders[0]!.udpSilent = true;
    await responders[0]!.stopListening();
    const refused = session.connect([remote(0, description)]);
    await expect(refused).rejects.toMatchObject({ code: 'no-path' });
    const message = await refused.catch((error: unknown) => (error as Error).message);
    expect(message).toContain(`udp to 127.0.0.1:${udpPort}: 3 checks unanswered`);
    expect(message).toContain(`tcp${tcpPort} to 127.0.0.1:${tcpPort}: connection refused`);
    expect(session.send(0, rtp)).toBe(false);
  });

  it('a wrong password: fails with the refusal of each pair', async () => {
    await open([0]);
    const { description } = responders[0]!;
    const refused = session.connect([remote(0, { ...description, pwd: 'another-password-altogether' })]);
    await expect(refused).rejects.toThrow(/refused: 401 Unauthenticated.*refused: 401 Unauthenticated/);
  });

  it('no candidate that could be tried: fails at once', async () => {
    await open([0]);
    const { description } = responders[0]!;
    await expect(session.connect([remote(0, { ...description, candidates: [] })])).rejects.toThrow(/no candidate/);
  });

  it('finds a path for each of several streams, each its own', async () => {
    await open([0, 1]);
    responders[0]!.udpSilent = true;
    await connect();
    expect(session.path(0)).toBe(`tcp${responders[0]!.tcpPort}`);
    expect(session.path(1)).toBe('udp');
    expect(await echo(1)).toEqual([1, rtp]);
  });

  it('connects anew when the selected connection is lost, and media goes on', async () => {
    await open([0]);
    responders[0]!.udpSilent = true;
    await connect();
    const back = next('pair-selected');
    responders[0]!.dropConnections();
    await back;
    expect(named('connection-lost')).toHaveLength(1);
    expect(responders[0]?.nominated).toEqual(['tcp', 'tcp']);
    expect(await echo(0)).toEqual([0, rtp]);
  });

  it('E3, C13: connects anew when consent checks on the selected connection stay unanswered', async () => {
    await open([0]);
    responders[0]!.udpSilent = true;
    await connect();
    const back = next('pair-selected');
    responders[0]!.silenceConnections();
    await back;
    expect(named('connection-lost')).toHaveLength(1);
    expect(responders[0]?.nominated).toEqual(['tcp', 'tcp']);
    expect(await echo(0)).toEqual([0, rtp]);
  });

  it('the same answer twice, as in 183 and 200, changes nothing', async () => {
    await open([0]);
    await connect();
    await connect();
    expect(responders[0]?.nominated).toEqual(['udp']);
  });

  it('a peer without ICE: media goes to its default address over UDP', async () => {
    await open([0]);
    await session.connect([remote(0, undefined, responders[0]!.udpPort)]);
    expect(session.path(0)).toBe('udp');
    expect(await echo(0)).toEqual([0, rtp]);
    expect(responders[0]?.checks.udp).toBe(0);
  });

  it('closed while checking: says so', async () => {
    await open([0]);
    responders[0]!.udpSilent = true;
    const connecting = connect();
    session.close();
    await expect(connecting).rejects.toMatchObject({ code: 'closed' });
  });
});

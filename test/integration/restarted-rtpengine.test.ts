import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { Ends, type End } from '../../app/demo/ends';
import { Firewall } from '../../app/demo/firewall';
import type { ToolEvent } from '../../app/demo/ue-tool';
import { choosePlane } from '../../lib/gateway/plane-choice';
import { TcpGateway } from '../../lib/gateway/tcp-gateway';
import { LocalMediaAnchor } from '../../lib/media/local-media-anchor';
import { PlacedMedia } from '../../lib/media/placed-media';
import { RtpenginePool } from '../../lib/rtpengine/pool';
import { NamedCalls } from '../unit/media/named-calls';
import { trialPlaces } from '../unit/media-networks';
import { Lab } from './support/lab';
import { logged } from './support/logged';
import { describeInNamespaces } from './support/namespaces';
import { describeWithRtpengine } from './support/real-anchor';
import { rtpengineProgram } from './support/rtpengine';
import { until } from './support/until';

const access = '127.0.0.2';
const core = '127.0.0.3';

/** Where nobody else listens. */
const control = { host: '127.81.0.1', port: 22_181 };

const sdp = (address: string) =>
  ['v=0', `o=- 1 1 IN IP4 ${address}`, 's=-', `c=IN IP4 ${address}`, 't=0 0', 'm=audio 5000 RTP/AVP 0', ''].join(
    '\r\n',
  );

describeWithRtpengine('S18: an rtpengine with calls', () => {
  let rtpengine: ChildProcess;
  let pool: RtpenginePool;
  let gateway: TcpGateway;
  let anchor: NamedCalls;
  let lost: string[];
  let lines: string[];

  const startRtpengine = () => {
    const [program = ''] = spawnSync('which', [rtpengineProgram()], { encoding: 'utf8' }).stdout.split('\n');
    const options = ['--config-file=none', '--foreground', '--log-stderr', '--table=-1', '--timeout=86400'];
    const interfaces = [`--interface=access/${access}`, `--interface=core/${core}`];
    const where = [...interfaces, `--listen-tcp-ng=${control.host}:${control.port}`];
    rtpengine = spawn(program, [...options, ...where], { stdio: 'ignore' });
  };

  const kill = async () => {
    rtpengine.kill('SIGKILL');
    await once(rtpengine, 'exit');
  };

  /** Calls with media that are answered. */
  const begin = async (...calls: string[]) => {
    for (const call of calls) {
      await anchor.offer(call, 'access', sdp('127.0.0.1'));
      await anchor.answer(call, 'core', sdp('127.0.0.4'));
    }
  };

  /** False only where it says so. */
  const knows = async (call: string) => {
    try {
      await pool.nodes[0]?.query(call);
      return true;
    } catch (error) {
      return !/refused query: unknown call/i.test(String(error));
    }
  };

  const open = (pingIntervalMs: number) => {
    const logger = pino({ level: 'info' }, { write: (line) => lines.push(line) });
    const urls = [`tcp://${control.host}:${control.port}`];
    pool = new RtpenginePool({ urls, logger, timeoutMs: 500, pingIntervalMs, lostAfterMs: 3000 });
    gateway = new TcpGateway({
      listen: [{ address: access, port: 0 }],
      advertised: [{ address: access, port: 80, family: 4 }],
      logger,
      plane: choosePlane('node', 1, logger),
    });
    const placed = new PlacedMedia(trialPlaces(), logger);
    anchor = new NamedCalls(
      new LocalMediaAnchor({ rtpengine: pool, gateway, fallback: () => 'always', placed, logger }),
    );
    anchor.on('call-lost', (call) => {
      lost.push(call);
      void anchor.release(call);
    });
  };

  const told = (message: string) => logged(lines, message).map(({ calls }) => calls);

  beforeEach(async () => {
    [lost, lines] = [[], []];
    startRtpengine();
    open(200);
    await until('rtpengine answers', 10_000, async () => ((await knows('none')) ? undefined : true));
    await gateway.listen();
  }, 20_000);

  const close = async () => {
    await anchor.close();
    await gateway.close();
    pool.close();
  };

  afterEach(async () => {
    await close();
    await kill();
  }, 20_000);

  test('S18: killed and started again at once: the calls before are lost, those after are not', async () => {
    await begin('call-1', 'call-2', 'call-3');
    await kill();
    startRtpengine();
    await until('a new call is taken', 5000, () =>
      begin('call-4').then(
        () => true,
        () => undefined,
      ),
    );
    await until('the calls are lost', 5000, () => (lost.length === 3 ? true : undefined));
    await sleep(500);
    expect(lost.sort()).toEqual(['call-1', 'call-2', 'call-3']);
    expect(told('rtpengine has lost calls: it was started anew, or ended them itself')).toEqual([3]);
  }, 20_000);

  test('S18: an offer before the next ping brings a call back if it is accepted; if not, the call is lost', async () => {
    await close();
    open(60_000);
    await gateway.listen();
    await begin('accepted', 'refused');
    await kill();
    startRtpengine();
    await until('an offer is taken', 5000, () =>
      anchor.offer('accepted', 'core', sdp('127.0.0.4')).then(
        () => true,
        () => undefined,
      ),
    );
    await anchor.answer('accepted', 'access', sdp('127.0.0.1'));
    await anchor.offer('refused', 'core', sdp('127.0.0.4'));
    await anchor.rollback('refused');
    // What counts now is what it was told since.
    await anchor.offer('accepted', 'access', sdp('127.0.0.1'));
    await anchor.rollback('accepted');
    expect(lost).toEqual(['refused']);
  }, 20_000);

  test('S18: killed for good: the calls are lost within the bound', async () => {
    await begin('call-1', 'call-2');
    await kill();
    await until('the calls are lost', 5000, () => (lost.length === 2 ? true : undefined));
    expect(told('rtpengine has not answered for too long: its calls are lost')).toEqual([2]);
    startRtpengine();
  }, 20_000);

  test('S18: frozen and continued: for a moment the calls stay, for longer they are lost and deleted', async () => {
    await begin('call-1', 'call-2');
    rtpengine.kill('SIGSTOP');
    await sleep(800);
    rtpengine.kill('SIGCONT');
    await sleep(500);
    expect(lost).toEqual([]);
    await expect(anchor.offer('call-1', 'access', sdp('127.0.0.1'))).resolves.toContain('m=audio');
    rtpengine.kill('SIGSTOP');
    await until('the calls are lost', 8000, () => (lost.length === 2 ? true : undefined));
    rtpengine.kill('SIGCONT');
    for (const call of ['call-1', 'call-2'])
      await until('it is deleted', 5000, async () => ((await knows(call)) ? undefined : true));
    expect(told('rtpengine has not answered for too long: its calls are lost')).toEqual([2]);
  }, 20_000);
});

describeInNamespaces('S18: a call whose rtpengine is killed', () => {
  test('S18: and started again at once: both ends get a BYE, and the next call has media', async () => {
    const lab = await Lab.start();
    await Firewall.raise(lab.network, 'tcp80');
    const call = async (seconds: number, onFlowing: () => void) => {
      const events: Record<End, ToolEvent[]> = { ue: [], core: [] };
      const ends = new Ends(lab.network, {
        ...{ direction: 'originating', seconds },
        onEvent: (end, event) => {
          events[end].push(event);
          if (end === 'ue' && event.event === 'media-flowing') onFlowing();
        },
      });
      return { reports: await ends.run().finally(() => ends.close()), events };
    };
    try {
      let restarted: Promise<void> | undefined;
      const { events } = await call(60, () => {
        restarted = lab.rtpengine.killAndStart();
      });
      await restarted;
      for (const end of ['ue', 'core'] as const)
        expect(events[end]).toContainEqual(expect.objectContaining({ event: 'ended', by: 'peer' }));
      const told = logged(lab.edgeLog, 'rtpengine has lost calls: it was started anew, or ended them itself');
      expect(told).toMatchObject([{ calls: 1 }]);
      const { reports } = await call(1, () => undefined);
      expect(reports).toMatchObject({ ue: { error: null, path: 'tcp80' }, core: { error: null } });
    } finally {
      await lab.close();
    }
  }, 60_000);
});

import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { pino } from 'pino';
import { readConfig } from '../../app/read-config';
import { Edge, edgeName } from '../../app/roles/edge';
import { CallNames } from '../../lib/rtpengine/call-names';
import { LocalDaemon } from '../../lib/rtpengine/local-daemon';
import { NgClient } from '../../lib/rtpengine/ng-client';
import { RtpenginePool } from '../../lib/rtpengine/pool';
import type { OfferOptions } from '../../lib/rtpengine/ng-command';
import { parseControlUrl } from '../../lib/rtpengine/control-address';
import { describeWithRtpengine } from './support/real-anchor';
import { rtpengineProgram } from './support/rtpengine';
import { until } from './support/until';

const access = '127.0.0.2';
const core = '127.0.0.3';
const logger = pino({ level: 'silent' });

function where(program: string): string {
  return spawnSync('which', [program]).stdout.toString().trim();
}

const daemonOptions = {
  ...{ program: where(rtpengineProgram()), accessInterfaces: [access], coreInterfaces: [core] },
  ports: { first: 30_000, last: 39_999 },
};

const offer: Omit<OfferOptions, 'call-id'> = {
  'from-tag': 'a',
  sdp: 'v=0\r\no=- 1 1 IN IP4 127.0.0.5\r\ns=-\r\nc=IN IP4 127.0.0.5\r\nt=0 0\r\nm=audio 7000 RTP/AVP 0\r\n',
  ...{
    ICE: 'remove',
    'ICE-lite': 'backward',
    'rtcp-mux': ['demux'],
    direction: ['access', 'core'],
    replace: ['origin'],
  },
};

/** A process with the compiled modules, that says something with its last line and then waits. */
async function otherProcess(script: string): Promise<{ child: ChildProcess; said: string }> {
  const child = spawn(process.execPath, ['-e', `setInterval(() => {}, 1000);${script}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [said] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  return { child, said };
}

async function killed(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL');
  await once(child, 'exit');
}

const isRunning = (pid: number) => {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
};

describeWithRtpengine('an edge that was killed and starts again', () => {
  test('L3 X16: deletes the calls that it left, and no others', async () => {
    const daemon = new LocalDaemon({ ...daemonOptions, edge: 'of the test', logger }, () => undefined);
    const url = await daemon.start();
    const former = await otherProcess(`
      const { CallNames } = require('./dist/lib/rtpengine/call-names');
      const { RtpenginePool } = require('./dist/lib/rtpengine/pool');
      const logger = require('pino').pino({ level: 'silent' });
      const pool = new RtpenginePool({ urls: ['${url}'], logger, names: new CallNames('edge A') });
      (async () => {
        for (let i = 0; i < 250; i++) await pool.nodes[0].offer({ ...${JSON.stringify(offer)}, 'call-id': 'call ' + i });
        console.log('ready');
      })();
    `);
    await killed(former.child);
    const ng = new NgClient({ at: parseControlUrl(url) });
    const calls = async () => (await ng.request('list', { limit: 1000 }))['calls'] as string[];
    expect(await calls()).toHaveLength(250);

    const [mine, others] = [new CallNames('edge A'), new CallNames('edge B')];
    const pool = new RtpenginePool({ urls: [url], logger, names: mine });
    const other = new RtpenginePool({ urls: [url], logger, names: others });
    await pool.nodes[0]!.offer({ ...offer, 'call-id': 'new' });
    await other.nodes[0]!.offer({ ...offer, 'call-id': 'of another edge' });
    await pool.releaseLeft();
    expect((await calls()).sort()).toEqual([mine.of('new'), others.of('of another edge')].sort());

    for (const opened of [pool, other, ng]) opened.close();
    await daemon.close();
  }, 60_000);

  test('L3 X16: at its start', async () => {
    const daemon = new LocalDaemon({ ...daemonOptions, edge: 'of the test', logger }, () => undefined);
    const url = await daemon.start();
    const config = readConfig({
      ...{ ACCESS_CONTACTS: 'sip:127.0.0.2:25080;transport=tcp', CORE_CONTACTS: 'sip:127.0.0.3:25080' },
      ...{ CORE_NEXT_HOP: 'sip:127.0.0.4:25080', GATEWAY_ADDRESS: '127.0.0.2', GATEWAY_PORTS: '25081' },
      ...{ RTPENGINE_URLS: url, CORE_MEDIA: '127.0.0.0/8' },
    });
    const former = new RtpenginePool({ urls: [url], logger, names: new CallNames(edgeName(config)) });
    await former.nodes[0]!.offer({ ...offer, 'call-id': 'left' });
    former.close();
    const ng = new NgClient({ at: parseControlUrl(url) });
    const edge = new Edge(config, logger, () => undefined);
    expect([edge.state, edge.health()]).toEqual(['starting', [{ part: 'edge', reason: 'starting', isBlocking: true }]]);
    await edge.start();
    expect([edge.state, edge.health()]).toEqual(['ready', []]);
    expect(edge.status()).toMatchObject({
      ...{ state: 'ready', calls: 0, signalling: { registrations: 0 } },
      media: { calls: 0, rtpengines: [{ url, isUp: true, isBusy: false }], gateway: { streams: 0 } },
    });
    await until('what was left is gone', 5000, async () => {
      const { calls } = (await ng.request('list', { limit: 10 })) as { calls?: string[] };
      return calls?.length === 0 ? true : undefined;
    });
    await daemon.close();
    const lost = { part: 'rtpengine', reason: `${url} does not answer`, isBlocking: true };
    await until('a lost rtpengine is told', 10_000, () => (edge.health().length > 0 ? true : undefined));
    expect(edge.health()).toEqual([lost]);
    await edge.drain();
    expect(edge.health()).toEqual([{ part: 'edge', reason: 'draining', isBlocking: true }, lost]);
    await edge.close();
    expect(edge.state).toBe('closed');
    ng.close();
  }, 30_000);

  /** A process with a local rtpengine, whose number it says; with programs that are found there. */
  const edgeProcess = (edge: string, programs = process.env['PATH'] ?? '') =>
    otherProcess(`
      process.env.PATH = ${JSON.stringify(programs)};
      const { LocalDaemon } = require('./dist/lib/rtpengine/local-daemon');
      const logger = require('pino').pino({ level: 'silent' });
      const options = { ...${JSON.stringify(daemonOptions)}, edge: '${edge}', logger };
      new LocalDaemon(options, () => {}).start().then((url) => {
        const [pid] = require('fs').readFileSync('/proc/self/task/' + process.pid + '/children', 'utf8').split(' ');
        console.log(pid);
      });
    `);

  test('L3 X16: a local rtpengine ends with it', async () => {
    const { child, said } = await edgeProcess('edge A');
    expect(isRunning(Number(said))).toBe(true);
    await killed(child);
    await until('rtpengine is gone', 5000, () => (isRunning(Number(said)) ? undefined : true));
  }, 30_000);

  test('L3 X16: where it cannot, the next start of the same edge ends it, and that of no other', async () => {
    const programs = mkdtempSync(path.join(tmpdir(), 'edge80-'));
    symlinkSync(where('env'), path.join(programs, 'env'));
    const { child, said } = await edgeProcess('edge A', programs);
    const starts = async (edge: string) => {
      const daemon = new LocalDaemon({ ...daemonOptions, edge, logger }, () => undefined);
      await daemon.start();
      await daemon.close();
    };
    await starts('edge A');
    expect(isRunning(Number(said))).toBe(true);
    await killed(child);
    await starts('edge B');
    expect(isRunning(Number(said))).toBe(true);
    await starts('edge A');
    expect(isRunning(Number(said))).toBe(false);
    rmSync(programs, { recursive: true });
  }, 60_000);
});

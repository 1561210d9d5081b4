import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { builtProgram } from '../../app/demo/edge-process';
import { total } from '../../app/demo/firewall';
import type { DemoResult } from '../../app/demo/report';
import { describeInNamespaces } from './support/namespaces';
import { rtpengineBundles } from './support/rtpengine';

interface Finished {
  status: number | null;
  stdout: string;
  stderr: string;
}

interface Running {
  pid: number;
  finished: Promise<Finished>;
  kill(signal: NodeJS.Signals): void;
  /** Resolves when the narration has come to this. */
  says(text: string): Promise<void>;
}

function start(...flags: string[]): Running {
  return startIn(process.cwd(), ...flags);
}

function startIn(directory: string, ...flags: string[]): Running {
  const child = spawn(process.execPath, [builtProgram('demo/main.js'), ...flags], {
    cwd: directory,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const written = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => (written.stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (written.stderr += chunk.toString()));
  const finished = new Promise<Finished>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status) => resolve({ status, ...written }));
  });
  return {
    pid: child.pid ?? 0,
    finished,
    kill: (signal) => child.kill(signal),
    says: (text) =>
      new Promise((resolve, reject) => {
        const look = () => {
          if (written.stderr.includes(text)) resolve();
        };
        child.stderr.on('data', look);
        void finished.then(({ stderr }) => reject(new Error(`The demo ended and never said "${text}":\n${stderr}`)));
        look();
      }),
  };
}

function namespacesOf(pid: number): string[] {
  return existsSync('/run/netns') ? readdirSync('/run/netns').filter((name) => name.startsWith(`e80-${pid}-`)) : [];
}

describeInNamespaces('npm run demo', () => {
  const combinations = [
    { firewall: 'tcp80', direction: 'originating', path: 'tcp80' },
    { firewall: 'tcp80', direction: 'terminating', path: 'tcp80' },
    { firewall: 'tcp443', direction: 'originating', path: 'tcp443' },
    { firewall: 'tcp443', direction: 'terminating', path: 'tcp443' },
    { firewall: 'open', direction: 'originating', path: 'udp' },
    { firewall: 'open', direction: 'terminating', path: 'udp' },
  ] as const;

  /** What the firewall has to have passed and dropped, by transport and port of the edge. */
  const ports = {
    tcp80: { passed: ['tcp80'], dropped: ['udp'] },
    tcp443: { passed: ['tcp443'], dropped: ['tcp80', 'udp'] },
    open: { passed: ['tcp80', 'udp'], dropped: [] },
  };

  /** The ports of rtpengine are any. */
  const portsIn = (packets: object) =>
    [...new Set(Object.keys(packets).map((port) => port.replace(/^udp\d+/, 'udp')))].sort();

  test.each(combinations)(
    'takes $path through a firewall that is $firewall, $direction, and loses no packet (A5, A6, J3, J4)',
    async ({ firewall, direction, path }) => {
      const seconds = 2;
      const demo = start('--json', '--seconds', String(seconds), '--firewall', firewall, '--direction', direction);
      const { status, stdout, stderr } = await demo.finished;
      const result = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as DemoResult;
      const packets = seconds * 50;
      expect({ result, stderr }).toMatchObject({
        result: {
          ok: true,
          path,
          direction,
          ueToCore: { sent: packets, received: packets },
          coreToUe: { sent: packets, received: packets },
        },
      });
      expect(result.rtcp.ueToCore).toBeGreaterThan(0);
      expect(result.rtcp.coreToUe).toBeGreaterThan(0);
      const { passed, dropped } = result.firewall;
      expect({ passed: portsIn(passed), dropped: portsIn(dropped) }).toEqual(ports[firewall]);
      expect(result.firewallDropped).toBe(total(dropped));
      // Both ways, an RTP packet a segment at most.
      const carried = passed[path] ?? total(passed) - (passed['tcp80'] ?? 0);
      expect(carried).toBeGreaterThan(2 * packets);
      expect(status).toBe(0);
      expect(namespacesOf(demo.pid)).toEqual([]);
    },
    60_000,
  );

  test.each([
    { media: 'msrp', direction: 'originating', sent: 0 },
    { media: 'msrp', direction: 'terminating', sent: 0 },
    { media: 'audio,msrp', direction: 'originating', sent: 50 },
    { media: 'audio,msrp', direction: 'terminating', sent: 50 },
    { media: 'msrp', direction: 'originating', sent: 0, firewall: 'tcp443' },
  ] as const)(
    'carries $media, $direction: the file arrives whole in both directions (A2, H2, J3, J4)',
    async ({ media, direction, sent, ...rest }) => {
      const firewall = 'firewall' in rest ? rest.firewall : 'tcp80';
      const kind = ['--media', media, '--direction', direction, '--firewall', firewall];
      const demo = start('--json', '--seconds', '1', ...kind);
      const { status, stdout, stderr } = await demo.finished;
      const result = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as DemoResult;
      const audio = { sent, received: sent };
      expect({ result, stderr }).toMatchObject({
        result: {
          ok: true,
          path: firewall,
          direction,
          ueToCore: audio,
          coreToUe: audio,
          msrp: { bytes: 10_000_000, sha256Match: true },
        },
      });
      expect(status).toBe(0);
      expect(namespacesOf(demo.pid)).toEqual([]);
      expect(readdirSync(tmpdir()).filter((name) => name.startsWith(`edge80-demo-${demo.pid}-`))).toEqual([]);
    },
    60_000,
  );

  test.each(['SIGINT', 'SIGTERM'] as const)(
    'takes its network down on %s',
    async (signal) => {
      const demo = start('--json', '--seconds', '60');
      await demo.says('media flows');
      expect(namespacesOf(demo.pid)).toHaveLength(3);
      demo.kill(signal);
      const { status } = await demo.finished;
      expect(status).toBe(signal === 'SIGINT' ? 130 : 143);
      expect(namespacesOf(demo.pid)).toEqual([]);
    },
    60_000,
  );

  test('removes at its start what a killed run left behind', async () => {
    const killed = start('--json', '--seconds', '60');
    await killed.says('ready');
    killed.kill('SIGKILL');
    await killed.finished;
    expect(namespacesOf(killed.pid)).toHaveLength(3);
    const next = start('--json', '--seconds', '60');
    await next.says('passes TCP 80');
    expect(namespacesOf(killed.pid)).toEqual([]);
    next.kill('SIGTERM');
    await next.finished;
  }, 60_000);

  test.each([
    [['--firewall', 'shut'], /^edge80: --firewall must be tcp80 or tcp443 or open, not "shut"\. See --help\.\n$/],
    [['--media', 'video'], /^edge80: --media must be audio or msrp or audio,msrp, not "video"\. See --help\.\n$/],
    [['--browser', '--media', 'msrp'], /^edge80: --client chromium goes with --media audio alone\. See --help\.\n$/],
    [['--client', 'pjsua'], /^edge80: --client must be ue or chromium or linphone, not "pjsua"\. See --help\.\n$/],
    [['--seconds', '0'], /^edge80: --seconds must be .*\n$/],
    [['--bogus'], /^edge80: Unknown option '--bogus'.*\n$/],
  ])('refuses %j in one line', async (flags, line) => {
    const { status, stdout, stderr } = await start(...flags).finished;
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(line);
  });
});

describeInNamespaces(
  'npm run demo -- --browser',
  () => {
    let directory: string;

    beforeEach(() => {
      directory = mkdtempSync(join(tmpdir(), 'e80-demo-browser-'));
    });

    afterEach(() => rmSync(directory, { recursive: true }));

    test.each([
      { firewall: 'tcp80', direction: 'originating' },
      { firewall: 'tcp443', direction: 'terminating' },
    ] as const)(
      'the web phone in Chromium takes $firewall alone, $direction, and leaves a picture of itself (J3, J4, J5)',
      async ({ firewall, direction }) => {
        const flags = ['--json', '--browser', '--seconds', '2', '--firewall', firewall, '--direction', direction];
        const demo = startIn(directory, ...flags);
        const { status, stdout, stderr } = await demo.finished;
        const result = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as DemoResult;
        const screenshot = join(directory, `phone-${firewall}.png`);
        expect({ result, stderr }).toMatchObject({ result: { ok: true, path: firewall, direction, screenshot } });
        expect(Object.keys(result.firewall.passed)).toEqual([firewall]);
        expect(result.coreToUe).toEqual({ sent: 100, received: 100 });
        expect(readFileSync(screenshot).toString('latin1', 1, 4)).toBe('PNG');
        expect(status).toBe(0);
        expect(namespacesOf(demo.pid)).toEqual([]);
        expect(readdirSync(tmpdir()).filter((name) => name.startsWith(`edge80-demo-${demo.pid}-`))).toEqual([]);
      },
      90_000,
    );
  },
  { programs: ['chromium'] },
);

describeInNamespaces(
  'npm run demo -- --client linphone',
  () => {
    test.each([
      { firewall: 'tcp80', direction: 'originating' },
      { firewall: 'tcp80', direction: 'terminating' },
      { firewall: 'tcp443', direction: 'originating' },
      { firewall: 'tcp443', direction: 'terminating' },
    ] as const)(
      'linphone takes $firewall alone, by TURN, $direction (M1, M4, M5)',
      async ({ firewall, direction }) => {
        const flags = ['--client', 'linphone', '--seconds', '2', '--firewall', firewall, '--direction', direction];
        const demo = start('--json', ...flags);
        const { status, stdout, stderr } = await demo.finished;
        const result = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as DemoResult;
        expect({ result, stderr }).toMatchObject({ result: { ok: true, path: 'relay', direction } });
        expect(Object.keys(result.firewall.passed)).toEqual([firewall]);
        // linphone nominates after a second: until then 10.5.3 takes nothing of the UE, newer ones send it nothing.
        expect(result.coreToUe).toMatchObject({ sent: 100 });
        expect(result.coreToUe.received).toBeGreaterThan(rtpengineBundles() ? 30 : 99);
        expect(result.ueToCore.received).toBeGreaterThan(50);
        expect(status).toBe(0);
      },
      90_000,
    );

    test('a linphone with TURN that is called where UDP is open has its media over UDP (C9, M5)', async () => {
      const demo = start(
        '--json',
        '--client',
        'linphone',
        '--seconds',
        '2',
        '--direction',
        'terminating',
        '--firewall',
        'open',
      );
      const { stdout, stderr } = await demo.finished;
      const result = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as DemoResult;
      expect({ result, stderr }).toMatchObject({ result: { ok: true, path: 'udp' } });
      expect(result.ueToCore.received).toBeGreaterThan(50);
    }, 90_000);
  },
  { programs: ['linphonec'] },
);

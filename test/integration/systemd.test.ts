import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { builtProgram, edgeEnvironment } from '../../app/demo/edge-process';
import { Network } from '../../app/demo/network';
import { NamespaceProcess, runTool } from '../../app/demo/processes';
import { askAdmin } from './support/admin';
import { describeInNamespaces } from './support/namespaces';

const unit = path.resolve(__dirname, '../../systemd/edge80.service');

function analysed(...args: readonly string[]): { status: number | null; said: string } {
  const { status, stdout, stderr } = spawnSync('systemd-analyze', [...args, unit], { encoding: 'utf8' });
  return { status, said: stdout + stderr };
}

/** As the unit has them. */
const rights = ['--no-new-privs', ...['inh', 'ambient', 'bounding'].map(onlyPort80)];

function onlyPort80(set: string): string {
  return `--${set}${set === 'bounding' ? '-set' : '-caps'}=-all,+net_bind_service`;
}

describeInNamespaces(
  'the unit for systemd',
  () => {
    test('I6: systemd takes it as it is', () => {
      expect(analysed('verify')).toEqual({ status: 0, said: '' });
    });

    test('I6: it leaves little that can be attacked: an exposure under 3.0', () => {
      expect(analysed('security', '--offline=true', '--threshold=29')).toMatchObject({ status: 0 });
    });

    test('I6: systemd waits for the calls, and rereads settings by SIGHUP', () => {
      const text = readFileSync(unit, 'utf8');
      expect(text).toContain('ExecReload=/bin/kill -HUP $MAINPID');
      const seconds = Number(/^TimeoutStopSec=(\d+)$/m.exec(text)?.[1]);
      const drain = Number(/DRAIN_SECONDS.*\b(\d+)\b/.exec(readFileSync('.env.example', 'utf8'))?.[1]);
      expect(seconds).toBeGreaterThan(drain);
    });

    test('I6: with nothing but its capability, and files that cannot be written, the edge is ready', async () => {
      const network = new Network();
      const folder = mkdtempSync(path.join(tmpdir(), 'e80-unit-'));
      await network.lay();
      const main = builtProgram('main.js');
      const readOnly = `mount --make-rprivate / && mount -o remount,bind,ro "$1" && shift && exec setpriv "$@"`;
      const root = await runTool('findmnt', ['--noheadings', '--output', 'TARGET', '--target', main]);
      const edge = new NamespaceProcess({
        name: 'the edge',
        namespace: network.namespace('edge'),
        program: 'unshare',
        args: ['--mount', 'sh', '-c', readOnly, 'sh', root.trim(), ...rights, process.execPath, main],
        environment: { ...edgeEnvironment('80,443'), TLS_SELF_SIGNED_FILE: path.join(folder, 'self-signed.pem') },
        directory: path.dirname(main),
      });
      try {
        await edge.line('it was ready', 20_000, (line) => (line.includes('"edge80 is ready"') ? true : undefined));
        expect(await askAdmin(network, '/ready')).toMatchObject({ status: 200 });
        const status = readFileSync(`/proc/${edge.pid ?? 0}/status`, 'utf8');
        expect(/^CapEff:\s*(\S+)$/m.exec(status)?.[1]).toBe('0000000000000400');
      } finally {
        await edge.close();
        network.close();
        rmSync(folder, { recursive: true });
      }
    }, 60_000);
  },
  { programs: ['systemd-analyze', 'setpriv'] },
);

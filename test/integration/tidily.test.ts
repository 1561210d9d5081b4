import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { describeInNamespaces } from './support/namespaces';
import { until } from './support/until';

const root = path.join(__dirname, '../..');

/** Lays a network, starts something in it that would not end, and says as whom. */
const program = `
  const { Network } = require('./dist/app/demo/network');
  const network = new Network();
  network.lay().then(() => {
    const { pid } = require('node:child_process').spawn(
      'ip', ['netns', 'exec', network.namespace('edge'), 'sleep', '600'], { detached: true, stdio: 'ignore' });
    console.log(JSON.stringify({ namespace: network.namespace('edge'), pid }));
    setInterval(() => undefined, 1000);
  });`;

describeInNamespaces('tools/tidily.sh', () => {
  test.each([
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('O9: leaves no namespace and no process behind after %s', async (signal, status) => {
    const args = ['tools/tidily.sh', process.execPath, '-e', program];
    const child = spawn('bash', args, { cwd: root, stdio: ['ignore', 'pipe', 'ignore'] });
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    const { namespace, pid } = JSON.parse(line.toString()) as { namespace: string; pid: number };
    expect(existsSync(`/run/netns/${namespace}`)).toBe(true);
    const ended = once(child, 'exit');
    child.kill(signal);
    expect(await ended).toEqual([status, null]);
    expect(existsSync(`/run/netns/${namespace}`)).toBe(false);
    await until('what ran in it is gone', 2000, () => !existsSync(`/proc/${pid}`) || undefined);
  });

  test('passes the exit status of the command on', async () => {
    const child = spawn('bash', ['tools/tidily.sh', 'sh', '-c', 'exit 7'], { cwd: root, stdio: 'ignore' });
    expect(await once(child, 'exit')).toEqual([7, null]);
  });
});

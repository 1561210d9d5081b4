import type { Network } from '../../../app/demo/network';
import { runTool } from '../../../app/demo/processes';

/** Where the edge's admin server is, in the edge's namespace. */
const place = 'http://127.0.0.1:8480';

/** What the admin server of the edge in a network answers. */
export async function askAdmin(
  network: Network,
  path: string,
  method = 'GET',
): Promise<{ status: number; text: string }> {
  const request = ['-s', '-X', method, '-w', '\n%{http_code}', place + path];
  const said = await runTool('ip', ['netns', 'exec', network.namespace('edge'), 'curl', ...request]);
  const [, text = '', status = ''] = /^([\s\S]*)\n(\d+)$/.exec(said) ?? [];
  return { status: Number(status), text };
}

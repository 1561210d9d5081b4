import { execFileSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';
import { hostPort } from '../../lib/wire/sip-uri';
import type { ListenPlace } from '../setting-rules';
import { bad, good, type Finding } from './finding';

/** Why it cannot be listened on; undefined: it can. */
async function whyNot({ protocol, address, port }: ListenPlace): Promise<string | undefined> {
  return new Promise((resolve) => {
    const failed = (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message);
    if (protocol === 'TCP') {
      const server = createServer().once('error', failed);
      server.listen({ host: address, port }, () => server.close(() => resolve(undefined)));
    } else {
      const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4').once('error', failed);
      socket.bind({ address, port, exclusive: true }, () => socket.close(() => resolve(undefined)));
    }
  });
}

/** The programs that have a port, as `ss` tells; empty: it does not. */
function holders({ protocol, port }: ListenPlace): string {
  try {
    const listed = execFileSync('ss', ['-Hnlp', protocol === 'TCP' ? '-t' : '-u', `sport = :${port}`], {
      encoding: 'utf8',
    });
    return [
      ...new Set([...listed.matchAll(/\("([^"]+)",pid=(\d+)/g)].map(([, name, pid]) => `${name ?? ''} (${pid ?? ''})`)),
    ].join(', ');
  } catch {
    return '';
  }
}

const help: Readonly<Record<string, string>> = {
  EADDRINUSE: 'If that is this edge, all is well; else stop it, or take another port.',
  EADDRNOTAVAIL:
    'The address is not this machine’s: behind 1:1 NAT, GATEWAY_BIND and RTPENGINE_ACCESS_INTERFACE name the inner one.',
  EACCES: 'See "right to listen".',
};

/** Whether each place that the settings name can be listened on, and else who has it. */
export async function portFindings(
  places: readonly ListenPlace[],
  { isRunning, whose = holders }: { isRunning: boolean; whose?: (place: ListenPlace) => string },
): Promise<Finding[]> {
  return await Promise.all(
    places.map(async (place) => {
      const what = `${place.setting}, ${place.protocol} ${hostPort(place.address, place.port)}`;
      const reason = await whyNot(place);
      if (reason === undefined) return good(what, 'free');
      const who = reason === 'EADDRINUSE' ? whose(place) : '';
      if (isRunning && reason === 'EADDRINUSE') return good(what, `listened on${who && ` by ${who}`}`);
      return bad(what, reason === 'EADDRINUSE' ? `taken${who && ` by ${who}`}` : reason, help[reason] ?? '');
    }),
  );
}

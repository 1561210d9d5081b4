import { createSocket } from 'node:dgram';
import { buildBindingRequest } from '../../../lib/ice/binding';
import { randomBytes } from 'node:crypto';
import { doubtful, good, type Finding } from '../finding';

/** Ports of rtpengine that are tried, over the whole range. */
const samples = 5;

export interface PortRange {
  first: number;
  last: number;
}

/** `samples` ports from the first to the last; fewer in a smaller range. */
export function sampled({ first, last }: PortRange): number[] {
  const step = (last - first) / (samples - 1);
  return [...new Set(Array.from({ length: samples }, (_, index) => Math.round(first + index * step)))];
}

/**
 * How many ports something came back from: an answer, or that nobody listens there (ICMP), which no call needs to be
 * under way for.
 * @param patience ms, for all of them
 */
export async function udpAnswers(host: string, ports: readonly number[], patience: number): Promise<number> {
  const came = await Promise.all(ports.map((port) => comesBack(host, port, patience)));
  return came.filter(Boolean).length;
}

async function comesBack(host: string, port: number, patience: number): Promise<boolean> {
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
  const timers: NodeJS.Timeout[] = [];
  try {
    return await new Promise<boolean>((resolve) => {
      const check = buildBindingRequest({
        transactionId: randomBytes(12),
        ...{ username: 'doctor:doctor', password: 'doctor', priority: 1, useCandidate: false, tieBreaker: 0n },
      });
      socket.on('message', () => resolve(true));
      socket.on('error', ({ code }: NodeJS.ErrnoException) => resolve(code === 'ECONNREFUSED'));
      socket.connect(port, host, () => {
        socket.send(check);
        // A lost packet is no firewall.
        timers.push(setTimeout(() => socket.send(check), patience / 2));
      });
      timers.push(setTimeout(() => resolve(false), patience));
    });
  } finally {
    timers.forEach(clearTimeout);
    socket.close();
  }
}

/** What it means for calls that so many ports of the range answered. */
export function udpFinding({ first, last }: PortRange, tried: number, came: number): Finding {
  const what = `UDP ${first}-${last}`;
  if (came === tried) return good(what, `something came back from ${came} of ${tried} ports`);
  if (came > 0)
    return doubtful(
      what,
      `something came back from ${came} of ${tried} ports`,
      'The firewall passes part of RTPENGINE_PORTS, or packets are lost: some calls take TCP.',
    );
  return doubtful(
    what,
    `nothing came back from ${tried} ports`,
    'A firewall drops UDP, or the errors of ICMP: media takes TCP. A call tells for sure: npm run ue.',
  );
}

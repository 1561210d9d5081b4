import { randomUUID } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import type { Address } from './udp-peer';

/** How many calls an rtpengine holds, by its own count. */
export async function rtpengineSessions({ host, port }: Address): Promise<number> {
  const socket = createSocket('udp4');
  try {
    // A cookie seen before gets the answer of before.
    socket.send(`${randomUUID()} d7:command10:statisticse`, port, host);
    const [reply] = (await once(socket, 'message', { signal: AbortSignal.timeout(2000) })) as [Buffer];
    return Number(/13:sessionstotali(\d+)e/.exec(reply.toString('latin1'))?.[1]);
  } finally {
    socket.close();
  }
}

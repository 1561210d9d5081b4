import { randomBytes } from 'node:crypto';
import { buildMessage, newTransactionId } from '../../lib/msrp/message-writer';

/** The paths of one direction: as they are sent, and as they are to arrive. */
export interface Paths {
  sent: { to: string; from: string };
  arrives: { to: string; from: string };
}

export type Direction = 'up' | 'down';

const ue = 'msrp://10.77.0.2:9/ueSession0001;tcp';
const core = 'msrp://10.0.0.7:2855/coreSession01;tcp';

/** Our URIs: what the core, and the UE, are shown of each other where paths are rewritten. */
export const shown = {
  toUe: 'msrp://198.51.100.1:80/coreSession01;tcp',
  toCore: 'msrp://192.0.2.1:50000/ueSession0001;tcp',
  ue,
  core,
} as const;

export function pathsOf(direction: Direction, rewritten: boolean): Paths {
  const [from, to] = direction === 'up' ? [ue, core] : [core, ue];
  if (!rewritten) return { sent: { to, from }, arrives: { to, from } };
  const [own, far] = direction === 'up' ? [shown.toUe, shown.toCore] : [shown.toCore, shown.toUe];
  return { sent: { to: own, from }, arrives: { to, from: far } };
}

/** Messages that are sent over and over, and what is to arrive for them. */
export interface Block {
  sent: Buffer;
  arrives: Buffer;
}

/** About so many bytes in chunks of one message, random content. */
export function blockOf(direction: Direction, rewritten: boolean, chunkBytes: number, blockBytes: number): Block {
  const { sent, arrives } = pathsOf(direction, rewritten);
  const chunks = Array.from({ length: Math.max(1, Math.round(blockBytes / chunkBytes)) }, () => {
    const body = randomBytes(chunkBytes);
    return { transactionId: newTransactionId(body), body };
  });
  const write = ({ to, from }: { to: string; from: string }) =>
    Buffer.concat(
      chunks.map(({ transactionId, body }) =>
        buildMessage({
          transactionId,
          start: 'SEND',
          toPath: to,
          fromPath: from,
          headers: [
            ['Message-ID', 'bench1'],
            ['Failure-Report', 'no'],
            ['Byte-Range', '1-*/*'],
            ['Content-Type', 'application/octet-stream'],
          ],
          body,
          flag: '+',
        }),
      ),
    );
  return { sent: write(sent), arrives: write(arrives) };
}

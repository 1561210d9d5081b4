import type { Socket } from 'node:net';
import { xorMappedAddressAttribute } from '../../../lib/ice/stun-attribute';
import { buildStun } from '../../../lib/ice/stun-message';
import type { TransportAddress } from '../../../lib/ice/transport-address';
import { TurnFramer } from '../../../lib/ice/turn-framer';
import { Arrivals } from './arrivals';

export const rtp = (marker: number, length = 172) => Buffer.alloc(length, marker).fill(0x80, 0, 1).fill(0, 1, 2);

/** With attributes behind those of RFC 8656 §11.1. */
export function sendIndication(to: TransportAddress, data: Buffer, ...more: { type: number; value: Buffer }[]): Buffer {
  const transactionId = Buffer.alloc(12, 7);
  const { value } = xorMappedAddressAttribute(to, transactionId);
  const attributes = [{ type: 0x0012, value }, { type: 0x0013, value: data }, ...more];
  return buildStun({ class: 'indication', method: 6, transactionId, attributes });
}

/** The TCP connection of a UE that speaks TURN. */
export class TurnUe {
  readonly frames = new Arrivals<Buffer>();
  readonly closed: Promise<unknown>;

  constructor(readonly socket: Socket) {
    const frame = (bytes: Buffer) => {
      this.frames.push(Buffer.from(bytes));
      return true;
    };
    const broken = () => {
      throw new Error('What came is no TURN.');
    };
    const framer = new TurnFramer(0xffff, { frame, frameTooLong: broken, brokenFraming: broken });
    socket.on('data', (chunk) => framer.push(chunk));
    socket.on('error', () => undefined);
    this.closed = new Promise((resolve) => socket.on('close', resolve));
  }

  send(...bytes: Buffer[]): void {
    this.socket.write(Buffer.concat(bytes));
  }
}

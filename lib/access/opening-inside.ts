import type { Socket } from 'node:net';
import { openingOf, type Opening } from '../port/first-bytes';
import type { AccessLimits } from './limits';

/** Frames of media are not served inside TLS. */
const noFrame = 0;

/**
 * Tells what a connection is by its first bytes inside TLS, which will be read again from it (J1). It is `undecided` if
 * they do not come as fast as a first message has to.
 * @param decided is told once, unless the connection ends before
 */
export function readOpening(
  socket: Socket,
  { firstMessage }: Pick<AccessLimits, 'firstMessage'>,
  decided: (opening: Opening) => void,
): void {
  let bytes: Buffer = Buffer.alloc(0);
  const tell = (opening: Opening) => {
    clearTimeout(deadline);
    socket.off('data', look);
    socket.pause();
    socket.unshift(bytes);
    decided(opening);
  };
  const look = (chunk: Buffer) => {
    bytes = Buffer.concat([bytes, chunk]);
    const opening = openingOf(bytes, noFrame);
    if (opening !== 'undecided') tell(opening);
  };
  const deadline = setTimeout(() => tell('undecided'), firstMessage);
  socket.on('data', look);
  socket.once('close', () => clearTimeout(deadline));
}

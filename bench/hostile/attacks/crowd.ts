import { connect, type Socket } from 'node:net';
import { inTurn, type Target } from './attack';
import { pace } from './pace';

export interface CrowdOptions {
  port: number;
  /** How many connections stand at a time. */
  size: number;
  /** Connections opened a second, at most. */
  perSecond: number;
  /** What each does when it stands; default: nothing. */
  opened?: (socket: Socket) => void;
}

/** How long an attacker waits for a connection that nobody takes, ms. */
const patience = 3000;

/** Keeps a number of connections, and opens a new one for each that is closed. */
export async function crowd(target: Target, { port, size, perSecond, opened }: CrowdOptions): Promise<void> {
  const standing = new Set<Socket>();
  const source = inTurn(target.sources);
  await pace(target, perSecond, () => {
    if (standing.size >= size) return false;
    const socket = dial(target, port, source());
    standing.add(socket);
    socket.on('close', () => standing.delete(socket));
    if (opened !== undefined) socket.on('connect', () => opened(socket));
    return true;
  });
  for (const socket of standing) socket.destroy();
}

/** A connection that counts whether it stood, and who closed it. */
export function dial(target: Target, port: number, source: string): Socket {
  const { edge, count, stop } = target;
  const socket = connect({ host: edge, port, localAddress: source, noDelay: true });
  let stood = false;
  const unanswered = setTimeout(() => {
    count('unanswered');
    socket.destroy();
  }, patience);
  socket.on('connect', () => {
    stood = true;
    clearTimeout(unanswered);
    count('connected');
  });
  // Read, so that the end is seen.
  socket.on('data', () => undefined);
  socket.on('error', () => undefined);
  socket.on('end', () => socket.destroy());
  socket.on('close', () => {
    clearTimeout(unanswered);
    if (!stop.aborted && !given.has(socket)) count(stood ? 'closed' : 'refused');
  });
  return socket;
}

const given = new WeakSet<Socket>();

/** Closes a connection of our own will, which counts as nothing. */
export function giveUp(socket: Socket): void {
  given.add(socket);
  socket.destroy();
}

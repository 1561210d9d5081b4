import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { buildBindingRequest } from '../../../lib/ice/binding';
import { framed } from '../../../lib/ice/deframer';
import { ports, type Attack } from './attack';
import { crowd, dial } from './crowd';
import { LeagueUe, type CheckedStream } from './league-ue';
import { pace } from './pace';

function check({ username, password }: CheckedStream, useCandidate = false): Buffer {
  const request = { transactionId: randomBytes(12), username, password, priority: 1_845_501_695, useCandidate };
  return framed(buildBindingRequest({ ...request, tieBreaker: 1n }));
}

/** Of a stream that there is, but with another password. */
const wrongChecks: Attack = {
  from: 'strangers',
  run: async (target) => {
    const [source = ''] = target.sources;
    const ue = await LeagueUe.register(target, source);
    const stream = { ...(await ue.call(source)), password: 'not-the-password-of-this' };
    const opened = (socket: Socket) => socket.write(check(stream));
    await crowd(target, { port: ports.media, size: 500, perSecond: 2000, opened });
    ue.sip.socket.destroy();
  },
};

/** As many as one UE can send on the connection that it has nominated. */
const rightChecks: Attack = {
  from: 'strangers',
  run: async (target) => {
    const [source = ''] = target.sources;
    const ue = await LeagueUe.register(target, source);
    const stream = await ue.call(source);
    const socket = dial(target, ports.media, source);
    socket.on('connect', () => socket.write(check(stream, true)));
    socket.on('data', () => target.count('answers'));
    await pace(target, 8000, () => {
      if (socket.writable && socket.writableLength < 64 * 1024) socket.write(check(stream));
      else target.count('not taken');
    });
    socket.destroy();
    ue.sip.socket.destroy();
  },
};

export const checkAttacks = { 'wrong-checks': wrongChecks, 'right-checks': rightChecks } satisfies Record<
  string,
  Attack
>;

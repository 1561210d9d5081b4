import type { Socket } from 'node:net';
import { ports, inTurn, type Attack } from './attack';
import { crowd, dial, giveUp } from './crowd';
import { pace } from './pace';

/**
 * More than the edge has room for (4096), from many sources, and more than it has for one. Some of the many stand in the
 * attacker's eyes alone: their last ACK was dropped when the edge had too many to accept.
 */
const many = 6000;
const manyOfOne = 400;

/** Connections that are opened and say nothing. */
function idle(from: Attack['from'], port: number, size: number): Attack {
  return { from, run: (target) => crowd(target, { port, size, perSecond: 2000 }) };
}

/** Connections that are opened and closed at once. */
function flood(port: number): Attack {
  return {
    from: 'strangers',
    run: async (target) => {
      const source = inTurn(target.sources);
      await pace(target, 2000, () => {
        const socket = dial(target, port, source());
        socket.on('connect', () => giveUp(socket));
      });
    },
  };
}

/** Connections that begin with these bytes, then wait for what comes of it. */
function saying(from: Attack['from'], port: number, size: number, perSecond: number, bytes: () => Buffer): Attack {
  const opened = (socket: Socket) => socket.write(bytes());
  return { from, run: (target) => crowd(target, { port, size, perSecond, opened }) };
}

/** Length 65535 and all that it announces. */
const bigFrame = Buffer.alloc(2 + 0xffff, 0xff);

/** The head of a TLS record with a ClientHello, of which the rest does not come. */
const stalledHello = Buffer.concat([Buffer.from('1603010200010001fc0303', 'hex'), Buffer.alloc(32, 7)]);

const request = Buffer.from('GET / HTTP/1.1\r\nHost: edge.example.net\r\nUser-Agent: probe\r\nAccept: */*\r\n\r\n');

export const connectionAttacks = {
  'idle-80': idle('strangers', ports.media, many),
  'idle-80-nat': idle('ue', ports.media, manyOfOne),
  'idle-sip': idle('strangers', ports.sip, many),
  'idle-sip-nat': idle('ue', ports.sip, manyOfOne),
  'flood-80': flood(ports.media),
  'flood-sip': flood(ports.sip),
  'big-frames': saying('strangers', ports.media, 200, 300, () => bigFrame),
  http: saying('strangers', ports.media, 500, 1000, () => request),
  'tls-stalls': saying('strangers', ports.tls, many, 2000, () => stalledHello),
} satisfies Record<string, Attack>;

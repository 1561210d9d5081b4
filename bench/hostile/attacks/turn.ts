import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { errorCode } from '../../../lib/ice/binding';
import { attributeType, xorMappedAddressAttribute, type StunAttribute } from '../../../lib/ice/stun-attribute';
import { buildStun, parseStun } from '../../../lib/ice/stun-message';
import type { TransportAddress } from '../../../lib/ice/transport-address';
import { TurnFramer } from '../../../lib/ice/turn-framer';
import { channelData, dataIndication } from '../../../lib/ice/turn-frames';
import { longTermKey, turnCredential } from '../../../lib/turn/credentials';
import { textOf, turnAttribute, turnMethod } from '../../../lib/turn/turn-message';
import { turnSecret } from '../users';
import { ports, type Attack, type Target } from './attack';
import { crowd } from './crowd';
import { pace } from './pace';

type Attributes = (transactionId: Buffer) => readonly StunAttribute[];

const allocation: Attributes = () => [{ type: turnAttribute.requestedTransport, value: Buffer.from([17, 0, 0, 0]) }];

/** One UE's side of TURN over a connection, with the credential of a user who has no call. */
class TurnConnection {
  readonly socket: Socket;
  readonly #credential = turnCredential(turnSecret, 'league@example.net', Math.floor(Date.now() / 1000) + 3600);
  #realm = '';
  #nonce = '';

  /** @param allocated is called once there is a relayed address */
  constructor(target: Target, socket: Socket, allocated: (connection: TurnConnection) => void) {
    this.socket = socket;
    const broken = () => socket.destroy();
    const framer = new TurnFramer(0xffff, {
      frame: (frame) => {
        const message = parseStun(Buffer.from(frame));
        if ('fault' in message) return true;
        const code = errorCode(message)?.code;
        target.count(code === undefined ? message.class : `answered ${code}`);
        if (code === 401 && this.#nonce === '') {
          this.#realm = textOf(message, attributeType.realm) ?? '';
          this.#nonce = textOf(message, attributeType.nonce) ?? '';
          this.ask(turnMethod.allocate, allocation);
        } else if (code === undefined && message.method === turnMethod.allocate) allocated(this);
        return true;
      },
      frameTooLong: broken,
      brokenFraming: broken,
    });
    socket.on('data', (chunk: Buffer) => framer.push(chunk));
    this.ask(turnMethod.allocate, allocation);
  }

  ask(method: number, attributes: Attributes): void {
    this.write(request(method, attributes, this.#nonce === '' ? undefined : this.#signed()));
  }

  write(bytes: Buffer): void {
    if (this.socket.writable && this.socket.writableLength < 64 * 1024) this.socket.write(bytes);
  }

  #signed(): Signed {
    const { username, password } = this.#credential;
    const values = { username, realm: this.#realm, nonce: this.#nonce };
    const attributes = (['username', 'realm', 'nonce'] as const).map((name) => ({
      type: attributeType[name],
      value: Buffer.from(values[name]),
    }));
    return { attributes, key: longTermKey({ username, password }, this.#realm) };
  }
}

interface Signed {
  attributes: readonly StunAttribute[];
  key: Buffer;
}

function request(method: number, attributes: Attributes, signed?: Signed): Buffer {
  const transactionId = randomBytes(12);
  return buildStun({
    ...{ class: 'request', method, transactionId },
    attributes: [...attributes(transactionId), ...(signed?.attributes ?? [])],
    ...(signed && { key: signed.key }),
  });
}

/** Allocates without credentials, as many as a connection takes. */
const strangers: Attack = {
  from: 'strangers',
  run: (target) =>
    crowd(target, {
      ...{ port: ports.media, size: 50, perSecond: 200 },
      opened: (socket) => {
        socket.write(Buffer.concat(Array.from({ length: 2000 }, () => request(turnMethod.allocate, allocation))));
      },
    }),
};

/** More relayed addresses than a user may have. */
const allocates: Attack = {
  from: 'strangers',
  run: (target) =>
    crowd(target, {
      ...{ port: ports.media, size: 500, perSecond: 500 },
      opened: (socket) => new TurnConnection(target, socket, () => undefined),
    }),
};

/** Where nothing may go: this machine, the core, and hosts that there are not. */
const nowhere: readonly TransportAddress[] = [
  { address: '127.0.0.1', port: 2223 },
  { address: '127.0.0.1', port: 9022 },
  { address: '192.0.2.10', port: 5060 },
  { address: '203.0.113.77', port: 40_000 },
];

function toPeer(peer: TransportAddress, channel: number): Attributes {
  const number = Buffer.alloc(4);
  number.writeUInt16BE(channel);
  return (transactionId) => [
    { type: turnAttribute.channelNumber, value: number },
    xorMappedAddressAttribute(peer, transactionId, turnAttribute.xorPeerAddress),
  ];
}

function sendTo(peer: TransportAddress): Buffer {
  const message = dataIndication(peer, Buffer.alloc(172, 0x80));
  message.writeUInt16BE(0x0016, 0);
  return message;
}

/** Channels without end, and data to where nothing may go, on ten connections. */
const elsewhere: Attack = {
  from: 'strangers',
  run: async (target) => {
    const open = new Set<TurnConnection>();
    const all = crowd(target, {
      ...{ port: ports.media, size: 10, perSecond: 50 },
      opened: (socket) => {
        const one = new TurnConnection(target, socket, () => open.add(one));
        socket.on('close', () => open.delete(one));
      },
    });
    let sent = 0;
    await pace(target, 500, () => {
      for (const connection of open) {
        const peer = nowhere[sent % nowhere.length] ?? { address: '127.0.0.1', port: 9 };
        connection.ask(turnMethod.channelBind, toPeer(peer, 0x4000 + (sent++ % 0x0fff)));
        connection.write(Buffer.concat([sendTo(peer), channelData(0x4fff, Buffer.alloc(172, 0x80))]));
      }
      return open.size > 0;
    });
    await all;
  },
};

/** ChannelData that announces more than comes, or more than may come. */
const lyingLengths: Attack = {
  from: 'strangers',
  run: (target) => {
    let sent = 0;
    return crowd(target, {
      ...{ port: ports.media, size: 60, perSecond: 200 },
      opened: (socket) => {
        const lie = sent++ % 2 === 0 ? 'ffff' : '0600';
        return new TurnConnection(target, socket, (one) => one.write(Buffer.from(`4000${lie}80`, 'hex')));
      },
    });
  },
};

export const turnAttacks = {
  'turn-strangers': strangers,
  'turn-allocates': allocates,
  'turn-elsewhere': elsewhere,
  'turn-lying-lengths': lyingLengths,
} satisfies Record<string, Attack>;

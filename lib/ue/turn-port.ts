import { randomBytes } from 'node:crypto';
import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { EdgeError } from '../errors';
import { errorCode } from '../ice/binding';
import {
  attributeType,
  readXorMappedAddress,
  xorMappedAddressAttribute,
  type StunAttribute,
} from '../ice/stun-attribute';
import { buildStun, findAttribute, parseStun, type StunMessage } from '../ice/stun-message';
import type { TransportAddress } from '../ice/transport-address';
import { TurnFramer } from '../ice/turn-framer';
import { channelData, channelHeaderBytes } from '../ice/turn-frames';
import { familyOf } from '../ip-address';
import { longTermKey } from '../turn/credentials';
import { lifetimeAttribute, textOf, turnAttribute, turnMethod } from '../turn/turn-message';
import { hostPort } from '../wire/sip-uri';
import { closeReason, openSocket, type HttpProxy } from './open-socket';
import { secured, type TlsOptions } from './secured';

/** Where a UE gets relayed addresses. */
export interface TurnAccount {
  host: string;
  port: number;
  username: string;
  password: string;
  tls?: TlsOptions | undefined;
}

interface TurnPortOptions {
  server: TurnAccount;
  /** Our address. */
  local: string;
  proxy: HttpProxy | undefined;
}

/** ms that an answer may take. */
const patience = 5000;

/** Half of what a permission lasts, ms (RFC 8656 §9). */
const refreshMs = 150_000;

/** Packets for a peer that wait for its channel. */
const mostWaiting = 32;

interface Channel {
  number: number;
  peer: TransportAddress;
  /** Until the server has bound it. */
  waiting: Buffer[] | undefined;
}

/** A relayed address at a TURN server, over TCP or TLS (RFC 8656); each peer has a channel. */
export class TurnPort extends EventEmitter<{ packet: [packet: Buffer, from: TransportAddress] }> {
  readonly #options: TurnPortOptions;
  readonly #answers = new Map<string, (answer: StunMessage) => void>();
  readonly #channels = new Map<string, Channel>();
  #socket: Socket | undefined;
  #relayed: TransportAddress | undefined;
  #realm = '';
  #nonce = '';
  #timer: NodeJS.Timeout | undefined;
  /** Channels so far. */
  #bound = 0;

  private constructor(options: TurnPortOptions) {
    super();
    this.#options = options;
  }

  /** Rejects with `turn-failed`, and as TLS and proxy do. */
  static async open(options: TurnPortOptions): Promise<TurnPort> {
    const port = new TurnPort(options);
    try {
      await port.#allocate();
    } catch (error) {
      port.close();
      throw error instanceof EdgeError ? error : port.#failed(closeReason(error as Error), error);
    }
    return port;
  }

  get relayed(): TransportAddress {
    if (this.#relayed === undefined) throw this.#failed('no address was given');
    return this.#relayed;
  }

  /** What is sent before the server knows the peer waits, the newest of it. */
  send(packet: Buffer, peer: TransportAddress): void {
    const key = `${peer.address} ${peer.port}`;
    const channel = this.#channels.get(key) ?? this.#bind(key, peer);
    if (channel.waiting === undefined) this.#socket?.write(channelData(channel.number, packet));
    else if (channel.waiting.push(packet) > mostWaiting) channel.waiting.shift();
  }

  close(): void {
    clearInterval(this.#timer);
    const socket = this.#socket;
    if (this.#relayed !== undefined) this.#write(turnMethod.refresh, [lifetimeAttribute(0)]);
    socket?.end(() => socket.destroy());
    this.#socket = undefined;
  }

  async #allocate(): Promise<void> {
    this.#socket = await this.#connect();
    const family = familyOf(this.#options.local) === 'IP6' ? [familyAttribute] : [];
    const attributes = [{ type: turnAttribute.requestedTransport, value: Buffer.from([17, 0, 0, 0]) }, ...family];
    const first = await this.#ask(turnMethod.allocate, attributes);
    this.#realm = textOf(first, attributeType.realm) ?? '';
    this.#nonce = textOf(first, attributeType.nonce) ?? '';
    const answer = await this.#ask(turnMethod.allocate, attributes);
    const { code, reason } = errorCode(answer) ?? {};
    if (code !== undefined) throw this.#failed(`it refuses to relay: ${code} ${reason ?? ''}`.trim());
    const value = findAttribute(answer, turnAttribute.xorRelayedAddress)?.value;
    this.#relayed = value && readXorMappedAddress(value, answer.transactionId);
    this.#timer = setInterval(() => this.#refresh(), refreshMs).unref();
  }

  async #connect(): Promise<Socket> {
    const { server, local, proxy } = this.#options;
    const { host, port, tls } = server;
    const signal = AbortSignal.timeout(patience);
    const tcp = await openSocket({ host, port, local, proxy, signal });
    const socket = tls === undefined ? tcp : await secured(tcp, { host, name: this.#name, tls, signal });
    const broken = () => socket.destroy();
    const frame = (bytes: Buffer) => this.#received(bytes);
    const framer = new TurnFramer(0xffff, { frame, frameTooLong: broken, brokenFraming: broken });
    socket.on('data', (chunk: Buffer) => framer.push(chunk));
    socket.on('error', () => undefined);
    return socket;
  }

  #bind(key: string, peer: TransportAddress): Channel {
    const channel: Channel = { number: 0x4000 + this.#bound++, peer, waiting: [] };
    this.#channels.set(key, channel);
    void this.#ask(turnMethod.channelBind, (id) => channelAttributes(channel, id)).then(
      (answer) => this.#answered(channel, key, answer),
      () => this.#channels.delete(key),
    );
    return channel;
  }

  #answered(channel: Channel, key: string, answer: StunMessage): void {
    const { waiting = [] } = channel;
    channel.waiting = undefined;
    // Asked again with the next packet: the call may not have told the server yet.
    if (answer.class === 'error') this.#channels.delete(key);
    else for (const packet of waiting) this.#socket?.write(channelData(channel.number, packet));
  }

  #refresh(): void {
    this.#write(turnMethod.refresh, []);
    for (const channel of this.#channels.values())
      this.#write(turnMethod.channelBind, (id) => channelAttributes(channel, id));
  }

  async #ask(method: number, attributes: Attributes): Promise<StunMessage> {
    const id = this.#write(method, attributes).toString('hex');
    return await new Promise((resolve, reject) => {
      const late = setTimeout(() => {
        this.#answers.delete(id);
        reject(this.#failed('it does not answer'));
      }, patience).unref();
      this.#answers.set(id, (answer) => {
        clearTimeout(late);
        resolve(answer);
      });
    });
  }

  /** The id of the transaction. */
  #write(method: number, attributes: Attributes): Buffer {
    const { username, password } = this.#options.server;
    const transactionId = randomBytes(12);
    const own = typeof attributes === 'function' ? attributes(transactionId) : attributes;
    const values = { username, realm: this.#realm, nonce: this.#nonce };
    const names = this.#nonce === '' ? [] : (['username', 'realm', 'nonce'] as const);
    const credentials = names.map((name) => ({ type: attributeType[name], value: Buffer.from(values[name]) }));
    const key = longTermKey({ username, password }, this.#realm);
    const bytes = buildStun({
      ...{ class: 'request', method, transactionId, attributes: [...own, ...credentials] },
      ...(this.#nonce !== '' && { key }),
    });
    this.#socket?.write(bytes);
    return transactionId;
  }

  #received(frame: Buffer): boolean {
    if ((frame[0] ?? 0) >= 0x40) {
      const number = frame.readUInt16BE(0);
      const channel = [...this.#channels.values()].find((each) => each.number === number);
      if (channel) this.emit('packet', Buffer.from(frame.subarray(channelHeaderBytes)), channel.peer);
      return true;
    }
    const message = parseStun(Buffer.from(frame));
    if ('fault' in message || message.class === 'request' || message.class === 'indication') return true;
    const id = message.transactionId.toString('hex');
    this.#answers.get(id)?.(message);
    this.#answers.delete(id);
    return true;
  }

  get #name(): string {
    const { host, port } = this.#options.server;
    return `The TURN server at ${hostPort(host, port)}`;
  }

  #failed(reason: string, cause?: unknown): EdgeError {
    return new EdgeError('turn-failed', `${this.#name} cannot be used: ${reason}.`, { cause });
  }
}

type Attributes = readonly StunAttribute[] | ((transactionId: Buffer) => readonly StunAttribute[]);

const familyAttribute: StunAttribute = { type: turnAttribute.requestedAddressFamily, value: Buffer.from([2, 0, 0, 0]) };

function channelAttributes({ number, peer }: Channel, transactionId: Buffer): StunAttribute[] {
  const value = Buffer.alloc(4);
  value.writeUInt16BE(number);
  return [
    { type: turnAttribute.channelNumber, value },
    xorMappedAddressAttribute(peer, transactionId, turnAttribute.xorPeerAddress),
  ];
}

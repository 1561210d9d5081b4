import { createHash, randomBytes } from 'node:crypto';
import { pino } from 'pino';
import type { AvoidedPorts, RelayPeer } from '../../../lib/gateway/forwarding-plane';
import type { RelayLink } from '../../../lib/gateway/relay-serving';
import { errorCode } from '../../../lib/ice/binding';
import type { IceCredentials } from '../../../lib/ice/credentials';
import type { IntegrityAlgorithm } from '../../../lib/ice/integrity';
import {
  attributeType,
  readXorMappedAddress,
  xorMappedAddressAttribute,
  type StunAttribute,
} from '../../../lib/ice/stun-attribute';
import { buildStun, findAttribute, parseStun, verifyIntegrity, type StunMessage } from '../../../lib/ice/stun-message';
import type { TransportAddress } from '../../../lib/ice/transport-address';
import { turnCredential } from '../../../lib/turn/credentials';
import type { TurnLimits } from '../../../lib/turn/limits';
import { turnAttribute, turnMethod } from '../../../lib/turn/turn-message';
import { TurnServer, type AnchorPlaces } from '../../../lib/turn/turn-server';
import type { TurnSession } from '../../../lib/turn/turn-session';

export const anchor = '198.51.100.1';
export const secret = 'the secret of TURN';
const realm = 'edge80';
/** s since the epoch. */
export const epoch = 1_800_000_000;

export const peerAt = (port: number, address = anchor): TransportAddress => ({ address, port });

/** Where calls have told UEs that their media is. */
/** What rtpengine has told the UE. */
export const rtpengineIce: IceCredentials = { ufrag: 'rtpe', pwd: 'a-password-of-rtpengine' };

export class FakePlaces implements AnchorPlaces {
  readonly #users = new Map<string, readonly string[]>();
  readonly #listeners: ((place: TransportAddress) => void)[] = [];

  tell(port: number, ...users: string[]): void {
    this.#users.set(`${anchor} ${port}`, users);
  }

  forget(port: number): void {
    this.#users.delete(`${anchor} ${port}`);
    for (const listener of this.#listeners) listener(peerAt(port));
  }

  usersAt({ address, port }: TransportAddress): readonly string[] | undefined {
    return this.#users.get(`${address} ${port}`);
  }

  iceAt(): IceCredentials {
    return rtpengineIce;
  }

  hasAddress(): boolean {
    return false;
  }

  onForgotten(listener: (place: TransportAddress) => void): void {
    this.#listeners.push(listener);
  }
}

/** Notes what is asked of the plane. */
class FakeLink implements RelayLink {
  readonly sent: Buffer[] = [];
  readonly opened: [toward: string, avoid: AvoidedPorts][] = [];
  readonly permitted = new Map<number, RelayPeer>();
  readonly forbidden: number[] = [];
  readonly relayed: [port: number, data: string][] = [];
  readonly allocations: boolean[] = [];
  isRelayClosed = false;
  closedFor: string | undefined;

  send(message: Buffer): void {
    this.sent.push(message);
  }

  openRelay(toward: string, avoid: AvoidedPorts): void {
    this.opened.push([toward, avoid]);
  }

  closeRelay(): void {
    this.isRelayClosed = true;
  }

  permit(peer: RelayPeer): void {
    this.permitted.set(peer.named.port, peer);
  }

  forbid({ port }: TransportAddress): void {
    this.permitted.delete(port);
    this.forbidden.push(port);
  }

  relay({ port }: TransportAddress, data: Buffer): void {
    this.relayed.push([port, String(data)]);
  }

  allocated(hasRelay: boolean): void {
    this.allocations.push(hasRelay);
  }

  close(reason: string): void {
    this.closedFor = reason;
  }
}

export class TurnLab {
  readonly places = new FakePlaces();
  readonly server: TurnServer;
  time = 0;
  wall = epoch;
  #ports = 40_000;

  constructor(limits: Partial<TurnLimits> = {}, advertised: readonly string[] = [anchor]) {
    this.server = new TurnServer({
      credentials: { realm, secret, pair: { user: 'guest', password: 'guest-password' } },
      places: this.places,
      advertised,
      boundAt: (address) => (address === anchor ? '10.0.0.5' : address),
      logger: pino({ level: 'silent' }),
      limits,
      now: () => this.time,
      wallClock: () => this.wall * 1000,
    });
  }

  /** @param user `guest`: with the pair; empty: with a credential for all calls */
  connect(user = 'alice@ims.example', address = '203.0.113.9'): Client {
    return new Client(this, user, { address, port: 5000 + Math.floor(Math.random() * 1000) });
  }

  /** A client with a relayed address. */
  allocated(user?: string, address?: string): Client {
    const client = this.connect(user, address);
    client.allocate();
    return client;
  }

  nextPort(): number {
    return (this.#ports += 1);
  }
}

export interface Asked {
  method: number;
  attributes?: readonly StunAttribute[];
  transactionId?: Buffer;
  /** Default: as the client has them. */
  username?: string;
  password?: string;
  nonce?: string;
  algorithm?: IntegrityAlgorithm;
  /** Which of USERNAME, REALM and NONCE are left out. */
  without?: number;
}

/** A UE that speaks TURN, on a connection of its own. */
export class Client {
  readonly link = new FakeLink();
  readonly session: TurnSession;
  readonly remote: TransportAddress;
  username: string;
  password: string;
  nonce = '';
  readonly #lab: TurnLab;

  constructor(lab: TurnLab, user: string, remote: TransportAddress) {
    this.#lab = lab;
    this.remote = remote;
    this.session = lab.server.open(this.link, remote);
    const { username, password } = turnCredential(secret, user === '' ? undefined : user, epoch + 3600);
    this.username = user === 'guest' ? 'guest' : username;
    this.password = user === 'guest' ? 'guest-password' : password;
  }

  /** What a message is answered; undefined: nothing. */
  send(bytes: Buffer): StunMessage | undefined {
    const before = this.link.sent.length;
    this.session.received(bytes);
    const answer = this.link.sent.length > before ? parseStun(this.link.sent.at(-1) ?? Buffer.alloc(0)) : undefined;
    if (answer !== undefined && 'fault' in answer) throw new Error(answer.fault);
    return answer;
  }

  bytesOf({ method, attributes = [], transactionId = randomBytes(12), ...asked }: Asked): Buffer {
    const { username = this.username, password = this.password, nonce = this.nonce } = asked;
    const credentials = [
      { type: attributeType.username, value: Buffer.from(username) },
      { type: attributeType.realm, value: Buffer.from(realm) },
      { type: attributeType.nonce, value: Buffer.from(nonce) },
    ].filter(({ type }) => type !== asked.without);
    const key = createHash('md5').update(`${username}:${realm}:${password}`).digest();
    return buildStun({
      ...{ class: 'request', method, transactionId, key, attributes: [...attributes, ...credentials] },
      algorithm: asked.algorithm ?? 'sha1',
    });
  }

  request(asked: Asked): StunMessage | undefined {
    return this.send(this.bytesOf(asked));
  }

  /** What a request without credentials is answered; the nonce is kept. */
  challenge(method: number = turnMethod.allocate): StunMessage {
    const answer = this.send(buildStun({ class: 'request', method, transactionId: randomBytes(12) }));
    if (answer === undefined) throw new Error('A request without credentials was not answered.');
    this.nonce = findAttribute(answer, attributeType.nonce)?.value.toString() ?? '';
    return answer;
  }

  /** Challenge, Allocate, and the plane's word. */
  allocate(attributes: readonly StunAttribute[] = [], relayed = peerAt(this.#lab.nextPort())): StunMessage {
    this.challenge();
    const refused = this.request({ method: turnMethod.allocate, attributes: [udp, ...attributes] });
    if (refused !== undefined) return refused;
    this.session.relayed(relayed);
    return message(this.link.sent.at(-1)!);
  }

  permit(address = anchor, port = 0): StunMessage | undefined {
    return this.request({ method: turnMethod.createPermission, attributes: [peerAttribute({ address, port })] });
  }

  bind(port: number, channel = 0x4000, address = anchor): StunMessage | undefined {
    return this.request({
      method: turnMethod.channelBind,
      attributes: [channelAttribute(channel), peerAttribute({ address, port })],
    });
  }

  refresh(seconds?: number, more: readonly StunAttribute[] = []): StunMessage | undefined {
    const attributes = seconds === undefined ? more : [lifetime(seconds), ...more];
    return this.request({ method: turnMethod.refresh, attributes });
  }

  /** A Send indication. */
  indicate(port: number, data = 'media', address = anchor): void {
    const attributes = [peerAttribute({ address, port }), { type: turnAttribute.data, value: Buffer.from(data) }];
    this.send(
      buildStun({
        class: 'indication',
        method: turnMethod.send,
        transactionId: zeros,
        attributes,
        hasFingerprint: false,
      }),
    );
  }
}

const zeros = Buffer.alloc(12);

export const udp: StunAttribute = { type: turnAttribute.requestedTransport, value: Buffer.from([17, 0, 0, 0]) };

export function lifetime(seconds: number): StunAttribute {
  const value = Buffer.alloc(4);
  value.writeUInt32BE(seconds);
  return { type: turnAttribute.lifetime, value };
}

export const family = (code: number): StunAttribute => ({
  type: turnAttribute.requestedAddressFamily,
  value: Buffer.from([code, 0, 0, 0]),
});

export function channelAttribute(channel: number): StunAttribute {
  const value = Buffer.alloc(4);
  value.writeUInt16BE(channel);
  return { type: turnAttribute.channelNumber, value };
}

/** An IPv4 peer: what it is XORed with does not depend on the transaction. */
export const peerAttribute = (peer: TransportAddress, transactionId = zeros): StunAttribute =>
  xorMappedAddressAttribute(peer, transactionId, turnAttribute.xorPeerAddress);

export function message(bytes: Buffer): StunMessage {
  const read = parseStun(bytes);
  if ('fault' in read) throw new Error(read.fault);
  return read;
}

/** `success`, or the code of the error; undefined for no answer. */
export function outcome(answer: StunMessage | undefined): number | 'success' | undefined {
  return answer?.class === 'success' ? 'success' : answer && errorCode(answer)?.code;
}

export function addressIn(answer: StunMessage, type: number): TransportAddress | undefined {
  const value = findAttribute(answer, type)?.value;
  return value && readXorMappedAddress(value, answer.transactionId);
}

export function secondsIn(answer: StunMessage | undefined): number | undefined {
  return answer && findAttribute(answer, turnAttribute.lifetime)?.value.readUInt32BE(0);
}

export function isSignedBy({ username, password }: Client, answer: StunMessage): boolean {
  return verifyIntegrity(answer, createHash('md5').update(`${username}:${realm}:${password}`).digest());
}

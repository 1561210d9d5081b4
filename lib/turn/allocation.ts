import type { RelayLink } from '../gateway/relay-serving';
import { findAttribute, type StunMessage } from '../ice/stun-message';
import type { TransportAddress } from '../ice/transport-address';
import { channelData, channelHeaderBytes, dataIndication } from '../ice/turn-frames';
import { familyOf, type AddressFamily } from '../ip-address';
import type { Claim } from './credentials';
import { RelayPeers } from './relay-peers';
import { roleConflict } from './role-conflict';
import type { RelayDrop, TurnContext } from './turn-context';
import { channelNumber, peersOf, refusedAttributes, turnAttribute, turnMethod, type TurnAnswer } from './turn-message';
import type { TurnSession } from './turn-session';

/** What an allocation is of, and by what it acts. */
interface Holder {
  session: TurnSession;
  link: RelayLink;
  context: TurnContext;
}

/** A relayed address (RFC 8656 §3.2), and whom it reaches. */
export class Allocation {
  readonly claim: Claim;
  readonly family: AddressFamily;
  /** Undefined until the plane has opened it. */
  relayed: TransportAddress | undefined;
  /** ms */
  expiresAt: number;
  readonly #session: TurnSession;
  readonly #link: RelayLink;
  readonly #context: TurnContext;
  readonly #peers: RelayPeers;

  constructor({ session, link, context }: Holder, claim: Claim, family: AddressFamily, expiresAt: number) {
    this.claim = claim;
    this.family = family;
    this.expiresAt = expiresAt;
    this.#session = session;
    this.#link = link;
    this.#context = context;
    this.#peers = new RelayPeers(context.limits);
  }

  /** Its port does not count, and may be 0: a permission is for an address, and which ports it reaches is seen later. */
  createPermission(request: StunMessage): TurnAnswer {
    const named = peersOf(request);
    if (named === undefined) return { error: 400 };
    if (named.some(({ address }) => familyOf(address) !== this.family)) return { error: 443 };
    const stranger = named.find(({ address }) => !this.#context.isAnchor(address));
    if (stranger !== undefined) return this.#forbidden(stranger);
    const addresses = named.map(({ address }) => address);
    return this.#peers.permit(addresses, this.#context.now()) ? {} : { error: 508 };
  }

  channelBind(request: StunMessage): TurnAnswer {
    const channel = channelNumber(request);
    const [peer, ...others] = peersOf(request) ?? [];
    if (channel === undefined || peer === undefined || others.length > 0) return { error: 400 };
    if (familyOf(peer.address) !== this.family) return { error: 443 };
    if (!this.#context.mayReach(this.claim, peer)) return this.#forbidden(peer);
    const outcome = this.#peers.bind(channel, peer, this.#context.now());
    if (outcome !== 'bound') return { error: outcome === 'full' ? 508 : 400 };
    this.#pass(peer);
    return {};
  }

  /** A Send indication that the plane leaves to control: to a peer that it does not know yet, or with a check. */
  send(message: StunMessage): void {
    const [peer, ...others] = peersOf(message) ?? [];
    const data = findAttribute(message, turnAttribute.data)?.value;
    const isSend = message.method === turnMethod.send && refusedAttributes(message) === undefined;
    if (!isSend || peer === undefined || others.length > 0 || data === undefined) {
      this.#context.dropped(this.#session, 'malformed');
      return;
    }
    const refusal = this.#open(peer);
    if (refusal === undefined) this.#relay(peer, data, (reply) => dataIndication(peer, reply));
    else this.#context.dropped(this.#session, refusal, peer);
  }

  /** What the plane leaves to control: ChannelData with a check. */
  channelData(frame: Buffer): void {
    const channel = frame.readUInt16BE(0);
    const peer = this.#peers.peerOf(channel);
    const data = frame.subarray(channelHeaderBytes, channelHeaderBytes + frame.readUInt16BE(2));
    if (peer === undefined) this.#context.dropped(this.#session, 'no-permission');
    else this.#relay(peer, data, (reply) => channelData(channel, reply));
  }

  /** The call whose port this is has ended. */
  forgotten(peer: TransportAddress): void {
    if (this.#peers.forget(peer)) this.#close(peer);
  }

  /** Ends what has expired of its permissions and channels. */
  expire(now: number): void {
    const { closed, plain } = this.#peers.expire(now);
    for (const peer of plain) this.#pass(peer);
    for (const peer of closed) this.#close(peer);
  }

  /** It is no more; the plane has been told, or has ended its connection. */
  release(): void {
    for (const peer of this.#peers.open) this.#context.left(this.#session, peer);
    this.#context.release(this.#session);
  }

  /** Undefined: data passes to the peer from now on. */
  #open(peer: TransportAddress): RelayDrop | undefined {
    if (this.relayed === undefined) return 'no-allocation';
    if (!this.#peers.isPermitted(peer.address, this.#context.now())) return 'no-permission';
    if (!this.#context.mayReach(this.claim, peer)) return 'forbidden-peer';
    if (!this.#peers.openTo(peer)) return 'too-many-peers';
    this.#pass(peer);
    return undefined;
  }

  #relay(peer: TransportAddress, data: Buffer, answer: (reply: Buffer) => Buffer): void {
    const conflict = roleConflict(data, this.#session.remote, this.#context.iceAt(peer));
    if (conflict === undefined) this.#link.relay(peer, data);
    else this.#link.send(answer(conflict));
  }

  #pass(peer: TransportAddress): void {
    const channel = this.#peers.channelOf(peer);
    this.#context.reached(this.#session, peer);
    const at = { address: this.#context.boundAt(peer.address), port: peer.port };
    this.#link.permit({ named: peer, at, ...(channel !== undefined && { channel }) });
  }

  #close(peer: TransportAddress): void {
    this.#context.left(this.#session, peer);
    this.#link.forbid(peer);
  }

  #forbidden(peer: TransportAddress): TurnAnswer {
    this.#context.dropped(this.#session, 'forbidden-peer', peer);
    return { error: 403 };
  }
}

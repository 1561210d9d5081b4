import type { TransportAddress } from '../ice/transport-address';
import { normalAddress } from '../ip-address';
import type { TurnLimits } from './limits';

interface Channel {
  place: TransportAddress;
  expiresAt: number;
}

/** One key for each place, however its address is spelled. */
export function placeKey({ address, port }: TransportAddress): string {
  return `${normalAddress(address)} ${port}`;
}

/**
 * The permissions and channels of one allocation (RFC 8656 §9, §12), and the peers that data passes to. A permission is
 * for an address and lets nothing through by itself; a peer is open from the first data, or the channel, for it until
 * both have expired.
 */
export class RelayPeers {
  readonly #limits: TurnLimits;
  /** When they expire, by address. */
  readonly #permissions = new Map<string, number>();
  readonly #channels = new Map<number, Channel>();
  readonly #open = new Map<string, TransportAddress>();

  constructor(limits: TurnLimits) {
    this.#limits = limits;
  }

  get open(): readonly TransportAddress[] {
    return [...this.#open.values()];
  }

  /** False, and nothing is permitted: there would be too many. */
  permit(addresses: readonly string[], now: number): boolean {
    const all = new Set([...this.#permissions.keys(), ...addresses.map(normalAddress)]);
    if (all.size > this.#limits.permissions) return false;
    for (const address of addresses) this.#permissions.set(normalAddress(address), now + this.#limits.permissionMs);
    return true;
  }

  isPermitted(address: string, now: number): boolean {
    return (this.#permissions.get(normalAddress(address)) ?? 0) > now;
  }

  /** `mismatch`: the channel is another peer's, or the peer has another channel. A channel brings its permission. */
  bind(channel: number, place: TransportAddress, now: number): 'bound' | 'mismatch' | 'full' {
    const held = this.#channels.get(channel);
    const other = this.channelOf(place);
    if ((held && placeKey(held.place) !== placeKey(place)) || (other ?? channel) !== channel) return 'mismatch';
    if (held === undefined && this.#channels.size >= this.#limits.channels) return 'full';
    if (!this.openTo(place) || !this.permit([place.address], now)) return 'full';
    this.#channels.set(channel, { place, expiresAt: now + this.#limits.channelMs });
    return 'bound';
  }

  peerOf(channel: number): TransportAddress | undefined {
    return this.#channels.get(channel)?.place;
  }

  channelOf(place: TransportAddress): number | undefined {
    const key = placeKey(place);
    return [...this.#channels].find(([, each]) => placeKey(each.place) === key)?.[0];
  }

  /** False: there are too many. */
  openTo(place: TransportAddress): boolean {
    const key = placeKey(place);
    if (!this.#open.has(key) && this.#open.size >= this.#limits.peers) return false;
    this.#open.set(key, place);
    return true;
  }

  /** Nothing is for this peer any more. False: nothing was. */
  forget(place: TransportAddress): boolean {
    const channel = this.channelOf(place);
    if (channel !== undefined) this.#channels.delete(channel);
    return this.#open.delete(placeKey(place));
  }

  /** Ends what has expired. `closed`: peers that data no longer passes to; `plain`: those that have no channel any more. */
  expire(now: number): { closed: TransportAddress[]; plain: TransportAddress[] } {
    for (const [address, expiresAt] of this.#permissions) if (expiresAt <= now) this.#permissions.delete(address);
    const plain: TransportAddress[] = [];
    for (const [channel, { place, expiresAt }] of this.#channels)
      if (expiresAt <= now) {
        this.#channels.delete(channel);
        plain.push(place);
      }
    const isOver = (place: TransportAddress) =>
      this.channelOf(place) === undefined && !this.isPermitted(place.address, now);
    const closed = this.open.filter(isOver);
    for (const place of closed) this.#open.delete(placeKey(place));
    return { closed, plain: plain.filter((place) => !isOver(place)) };
  }
}

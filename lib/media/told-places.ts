import type { IceCredentials } from '../ice/credentials';
import type { TransportAddress } from '../ice/transport-address';
import { normalAddress } from '../ip-address';
import type { MediaPlace } from '../media-places';
import { isAnchorable, isRtp } from '../sdp/media-line';
import { isUnspecified, viewSession, type MediaView } from '../sdp/session-view';
import { linePlace, sentTo } from '../sdp/line-place';
import { isMsrp } from '../sdp/msrp-line';
import type { Sdp } from '../sdp/sdp';
import { Holdings } from '../shares/holdings';
import type { Side } from './media-anchor';

/** What one call told. */
export interface CallTellings {
  /** This SDP goes to that side. */
  tell(side: Side, sdp: Sdp): void;
  /** The call has none of these ports any more; unset: of either. */
  forget(transport?: MediaPlace['transport']): void;
}

/** A place as an SDP tells it. */
interface ToldPlace extends MediaPlace {
  /** Else it is where RTCP may be sent by who does not read all of the SDP: it gives way to a call that has it. */
  isSaid: boolean;
  ice: IceCredentials | undefined;
}

interface Telling {
  place: MediaPlace;
  side: Side;
  isSaid: boolean;
  ice: IceCredentials | undefined;
  /** Of the call that told it. */
  keys: ReadonlySet<string>;
  users: readonly string[];
}

/**
 * Where the two sides were told that our media is, by all calls under way. A place is one of our ports, so there are no
 * more of them than ports; one that was given to another call is that call's.
 */
export class ToldPlaces {
  readonly #told = new Map<string, Telling>();
  /** How many places UEs were told at each address. */
  readonly #addresses = new Holdings();
  readonly #listeners = new Set<(place: TransportAddress) => void>();

  /** Whom a place was told to; undefined: to nobody. */
  sideAt(place: MediaPlace): Side | undefined {
    return this.#told.get(keyOf(place))?.side;
  }

  /** Of the call that has told its UE of this port for RTP or RTCP, all names of the UE; undefined: there is none. */
  usersAt(place: TransportAddress): readonly string[] | undefined {
    const telling = this.#told.get(keyOf({ ...place, transport: 'udp' }));
    return telling?.side === 'access' ? telling.users : undefined;
  }

  /** The ICE credentials that its UE was told with this port. */
  iceAt(place: TransportAddress): IceCredentials | undefined {
    return this.#told.get(keyOf({ ...place, transport: 'udp' }))?.ice;
  }

  /** Whether any UE was told of a port at this address. */
  hasAddress(address: string): boolean {
    return this.#addresses.of(normalAddress(address)) > 0;
  }

  /** To be told of each port that a UE was told of, when its call has it no more. */
  onForgotten(listener: (place: TransportAddress) => void): void {
    this.#listeners.add(listener);
  }

  /** @param users names of the UE, as `accountNamed` writes them */
  ofCall(users: readonly string[] = []): CallTellings {
    const keys = new Set<string>();
    return {
      tell: (side, sdp) => {
        const places = viewSession(sdp).media.flatMap((view) => placesOf(view));
        for (const { isSaid, ice, ...place } of places) this.#set({ place, side, isSaid, ice, keys, users });
        for (const place of places) if (this.#told.get(keyOf(place))?.keys === keys) keys.add(keyOf(place));
      },
      forget: (transport) => {
        for (const key of keys) {
          const telling = this.#told.get(key);
          const isOurs = telling?.keys === keys;
          if (isOurs && transport !== undefined && telling.place.transport !== transport) continue;
          if (isOurs) this.#forget(key);
          keys.delete(key);
        }
      },
    };
  }

  #set(telling: Telling): void {
    const key = keyOf(telling.place);
    const before = this.#told.get(key);
    const isOurs = before?.keys === telling.keys;
    if (before !== undefined && !isOurs && before.isSaid && !telling.isSaid) return;
    if (before !== undefined && !(isOurs && before.side === telling.side)) this.#forget(key);
    if (telling.side === 'access' && !this.#told.has(key)) this.#addresses.take(addressOf(telling), Infinity);
    this.#told.set(key, { ...telling, isSaid: telling.isSaid || (isOurs && before.isSaid) });
  }

  #forget(key: string): void {
    const telling = this.#told.get(key);
    this.#told.delete(key);
    if (telling?.side !== 'access') return;
    this.#addresses.giveBack(addressOf(telling));
    const { address, port, transport } = telling.place;
    if (transport === 'udp') for (const listener of this.#listeners) listener({ address, port });
  }
}

function placesOf(view: MediaView): ToldPlace[] {
  const { transport, rtcpMux, candidates, port, ufrag, pwd } = view;
  const ice = ufrag === undefined || pwd === undefined ? undefined : { ufrag, pwd };
  if (port === 0) return [];
  const place = linePlace(view);
  const isPlace = place !== undefined && !isUnspecified(place.address);
  if (isMsrp(transport)) return isPlace ? [{ ...place, transport: 'tcp', isSaid: true, ice: undefined }] : [];
  const ofIce = candidates.filter((each) => isRtp(transport) && each.transport === 'udp');
  const said =
    isPlace && isAnchorable(transport) ? sentTo(place).slice(0, place.rtcp === undefined && rtcpMux ? 1 : 2) : [];
  // Who reads it may leave out a=rtcp, or a=rtcp-mux, which then means the port above.
  const unsaid = said.slice(0, 1).map(({ address, port: above }) => ({ address, port: above + 1 }));
  const all = (places: readonly TransportAddress[], isSaid: boolean): ToldPlace[] =>
    places.map(({ address, port: at }) => ({
      address: normalAddress(address),
      port: at,
      transport: 'udp',
      isSaid,
      ice,
    }));
  return [...all([...said, ...ofIce], true), ...all(unsaid, false)];
}

function addressOf({ place }: Telling): string {
  return normalAddress(place.address);
}

function keyOf({ address, port, transport }: MediaPlace): string {
  return `${transport} ${normalAddress(address)} ${port}`;
}

import { familyOf, normalAddress, type AddressFamily } from '../ip-address';
import type { MediaPlace, MediaPlaces, Misplaced } from '../media-places';
import { Newest } from '../newest';
import type { Logger } from '../ops/logger';
import { OccasionalLog } from '../ops/occasional-log';
import { Tally } from '../ops/tally';
import type { MaySend } from '../sdp/line-place';
import type { TransportAddress } from '../ice/transport-address';
import type { Side } from './media-anchor';
import { ToldPlaces, type CallTellings } from './told-places';

/** Whether media of one call may be sent where the SDP of a side wants it. */
export interface CallPlaces {
  rtp: Readonly<Record<Side, MaySend>>;
  msrp: Readonly<Record<Side, MaySend>>;
  /** Where the sides of the call were told that our media is. */
  told: CallTellings;
  /** Of a relayed address of the call's UE (TURN), where that is; undefined: it is none that is open. */
  behindRelay: (place: TransportAddress) => TransportAddress | undefined;
  /** The same, of one too that was asked for while it was open: a UE may give it back before its call has ended. */
  wasBehindRelay: (place: TransportAddress) => TransportAddress | undefined;
}

/** The relayed addresses of UEs (TURN). */
export interface Relays {
  /** Those that are open. `account`: whose it is; undefined: its credential is shared. */
  relaysAt(place: TransportAddress): readonly { account: string | undefined; remote: TransportAddress }[];
}

/** Relayed addresses of one call that are remembered. */
const mostRelays = 16;

/** Judges the places that SDPs name, for all calls; those that get no media are logged and counted. */
export class PlacedMedia {
  readonly #places: MediaPlaces;
  readonly #log: OccasionalLog;
  readonly #misplaced = new Tally<Misplaced>();
  readonly #told: ToldPlaces;
  readonly #relays: Relays | undefined;

  constructor(
    places: MediaPlaces,
    logger: Logger,
    { told, relays }: { told?: ToldPlaces; relays?: Relays | undefined } = {},
  ) {
    this.#places = places;
    this.#told = told ?? new ToldPlaces();
    this.#relays = relays;
    this.#log = new OccasionalLog(logger);
  }

  /** Places that got no media, by the reason. */
  counts(): Readonly<Partial<Record<Misplaced, number>>> {
    return this.#misplaced.counts();
  }

  /** @param users names of the UE, as `accountNamed` writes them */
  ofCall(call: string, users: readonly string[] = []): CallPlaces {
    const both = (transport: MediaPlace['transport']) => {
      const by =
        (side: Side): MaySend =>
        (line, place, family) =>
          this.#maySend({ call, side, line }, { ...place, transport }, family);
      return { access: by('access'), core: by('core') };
    };
    const seen = new Newest<string, TransportAddress>(mostRelays);
    const keyOf = ({ address, port }: TransportAddress) => `${normalAddress(address)} ${port}`;
    const behindRelay = (place: TransportAddress) => {
      const isOurs = ({ account }: { account: string | undefined }) => account === undefined || users.includes(account);
      const remote = this.#relays?.relaysAt(place).find(isOurs)?.remote;
      if (remote !== undefined) seen.set(keyOf(place), remote);
      return remote;
    };
    const wasBehindRelay = (place: TransportAddress) => behindRelay(place) ?? seen.get(keyOf(place));
    return { rtp: both('udp'), msrp: both('tcp'), told: this.#told.ofCall(users), behindRelay, wasBehindRelay };
  }

  #maySend(
    by: { call: string; side: Side; line: number },
    place: MediaPlace,
    family: AddressFamily | undefined,
  ): boolean {
    const reason =
      family !== undefined && familyOf(place.address) !== family ? 'other-family' : this.#misplacedAt(by.side, place);
    if (reason === undefined) return true;
    this.#misplaced.add(reason);
    this.#log.warn({ ...by, ...place, reason }, 'media is not sent where an SDP wants it');
    return false;
  }

  #misplacedAt(side: Side, place: MediaPlace): Misplaced | undefined {
    if (side === 'access') return this.#places.misplacedAtUe(place);
    return this.#places.misplacedInCore(place, this.#told.sideAt(place));
  }
}

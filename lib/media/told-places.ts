import { normalAddress } from '../ip-address';
import type { MediaPlace } from '../media-places';
import { isUnspecified, viewSession, type MediaView } from '../sdp/session-view';
import { linePlace, sentTo } from '../sdp/line-place';
import { isMsrp } from '../sdp/msrp-line';
import type { Sdp } from '../sdp/sdp';
import type { Side } from './media-anchor';

/** What one call told. */
export interface CallTellings {
  /** This SDP goes to that side. */
  tell(side: Side, sdp: Sdp): void;
  /** The call has no media any more. */
  forget(): void;
}

/**
 * Where the two sides were told that our media is, by all calls under way. A place is one of our ports, so there are no
 * more of them than ports; one that was given to another call is that call's.
 */
export class ToldPlaces {
  readonly #told = new Map<string, { side: Side; by: ReadonlySet<string> }>();

  /** Whom a place was told to; undefined: to nobody. */
  sideAt(place: MediaPlace): Side | undefined {
    return this.#told.get(keyOf(place))?.side;
  }

  ofCall(): CallTellings {
    const keys = new Set<string>();
    return {
      tell: (side, sdp) => {
        for (const place of viewSession(sdp).media.flatMap(placesOf)) {
          const key = keyOf(place);
          keys.add(key);
          this.#told.set(key, { side, by: keys });
        }
      },
      forget: () => {
        for (const key of keys) if (this.#told.get(key)?.by === keys) this.#told.delete(key);
        keys.clear();
      },
    };
  }
}

function placesOf(view: MediaView): MediaPlace[] {
  const place = view.port === 0 ? undefined : linePlace(view);
  if (place === undefined || isUnspecified(place.address)) return [];
  if (isMsrp(view.transport)) return [{ ...place, transport: 'tcp' }];
  // Who reads it may leave out a=rtcp, which then means the port above.
  const all = [...sentTo(place), ...sentTo({ ...place, rtcp: undefined })];
  return all.map((each) => ({ ...each, transport: 'udp' }));
}

function keyOf({ address, port, transport }: MediaPlace): string {
  return `${transport} ${normalAddress(address)} ${port}`;
}

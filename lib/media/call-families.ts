import { familyOf, type AddressFamily } from '../ip-address';
import { familiesShown, shownFamily, type LineFamilies } from '../sdp/line-family';
import type { Sdp } from '../sdp/sdp';
import type { MediaView } from '../sdp/session-view';
import type { Side } from './media-anchor';

/**
 * In which address family each side of a call is spoken to: never in one that it has not shown. Until it has an SDP in
 * the call, that is the family of its SIP; then that of its lines.
 */
export class CallFamilies {
  readonly #signalling: Readonly<Partial<Record<Side, AddressFamily | undefined>>>;
  readonly #agreed: Record<Side, ReadonlyMap<number, AddressFamily>> = { access: new Map(), core: new Map() };

  /** @param signalling the family that each side speaks SIP on; undefined: not known */
  constructor(signalling: Readonly<Partial<Record<Side, AddressFamily | undefined>>>) {
    this.#signalling = signalling;
  }

  /** Undefined: not known, or the lines differ. rtpengine then goes by what it knows of each line. */
  toward(side: Side): AddressFamily | undefined {
    const [family, ...others] = new Set(this.#agreed[side].values());
    if (family === undefined) return this.#signalling[side];
    return others.length === 0 ? family : undefined;
  }

  /** Of an offer: what its lines show, else what they had; 0.0.0.0 of a side on IPv6 is no IPv4. */
  ofOffer(from: Side): LineFamilies {
    return (line) => {
      const before = this.#agreed[from].get(line.index) ?? this.toward(from);
      return shownFamily(line, before) ?? before ?? familyOf(line.address ?? '');
    };
  }

  /**
   * Of an answer: what the answerer was offered, whatever it says, as it has been told a port there.
   * @param offered the lines as it got them
   */
  ofAnswer(from: Side, offered: readonly MediaView[]): LineFamilies {
    const otherwise = this.ofOffer(from);
    return (line) => offeredFamily(offered[line.index]) ?? otherwise(line);
  }

  /** @param shown what rtpengine was shown of that side in an exchange that is complete */
  agreed(side: Side, shown: Sdp): void {
    this.#agreed[side] = familiesShown(shown);
  }
}

/** Undefined for a line that is not in use. */
export function offeredFamily(line: MediaView | undefined): AddressFamily | undefined {
  return line?.address === undefined || line.port === 0 ? undefined : familyOf(line.address);
}

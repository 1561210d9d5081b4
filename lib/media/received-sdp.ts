import {
  sharedTransports,
  withDeclined,
  withSharedTransports,
  type SaidBefore,
  type SharedTransports,
} from '../sdp/bundle';
import { withoutCapabilities } from '../sdp/capability-negotiation';
import { withOwnDirections } from '../sdp/directions';
import { mismatchedLines, withoutIceOn } from '../sdp/ice-mismatch';
import { withOneKeying } from '../sdp/keying';
import { withLineAttributes } from '../sdp/line-attributes';
import { withoutLiteIce } from '../sdp/lite-agent';
import { atPlaces, placesIn, type LinePlaces } from '../sdp/line-places';
import type { MaySend } from '../sdp/line-place';
import type { Mids } from '../sdp/mids';
import { withoutRtcpPayloadTypes } from '../sdp/payload-types';
import { inProperForm } from '../sdp/proper-form';
import { invalidSdp } from '../sdp/invalid-sdp';
import type { Sdp } from '../sdp/sdp';
import { SdpPart } from '../sdp/sdp-part';
import { viewSession } from '../sdp/session-view';
import { tcpLines, withUdpLines, type TcpLines } from '../sdp/tcp-media-lines';
import { withUsableFormats } from '../sdp/usable-formats';
import { withUsableKeys } from '../sdp/usable-keys';
import type { Side } from './media-anchor';
import { withPlacedLines } from './placed-lines';

/** An SDP as the anchor works on it, and what the SDP to its sender has to heed of the lines as they were written. */
export interface ReceivedSdp {
  /** All lines of the session, as they came. */
  came: Sdp;
  /** All lines of the session, RTP over UDP alone, with ICE only on lines where it can be used. */
  sdp: Sdp;
  /** The lines of it that were written: what its sender knows of the session. */
  places: LinePlaces;
  /** With lines of RTP over TCP as they were written. */
  written: Sdp;
  /** The UE's lines that are RTP over TCP, by its offer or by ours to it. */
  tcp: TcpLines;
  /** The lines without ICE because their default is not among their candidates (B16). */
  mismatched: ReadonlySet<number>;
  /** The lines of a UE that have no transport of their own: that of the tagged line of their group is written to them. */
  shared: SharedTransports;
}

export interface Receiving {
  from: Side;
  /** Of an answer the offer; of a later offer what both sides said last, the sender's own last. */
  agreed: readonly Sdp[];
  /** What the sender calls the lines. */
  names: Mids;
  /** Whether media may be sent to the core there. */
  maySend: MaySend;
  /** Lines that are carried; those behind them are declined. */
  most: number;
  /** Of a UE. */
  before: SaidBefore;
}

const noSession: Sdp = { session: new SdpPart([]), media: [] };

/**
 * Lines that are missing are declined ones.
 * @throws EdgeError `sdp-invalid` or `no-usable-media` (488)
 */
export function receivedOffer(offer: Sdp, receiving: Receiving): ReceivedSdp {
  const session = receiving.agreed[0] ?? noSession;
  const said = withLineAttributes(inProperForm(offer));
  const places = placesIn(session, said, receiving.names);
  return received(atPlaces(said, places, session), places, receiving, 'active');
}

/**
 * Lines that are missing are declined ones, and those that were not offered are left out (RFC 3264 §6).
 * @throws as {@link receivedOffer}
 */
export function receivedAnswer(
  answer: Sdp,
  { offer, tcp }: { offer: Sdp; tcp: TcpLines },
  receiving: Omit<Receiving, 'agreed'>,
): ReceivedSdp {
  const { session, media } = withLineAttributes(inProperForm(answer));
  const said = { session, media: media.slice(0, offer.media.length) };
  const places = placesIn(offer, said, receiving.names);
  const whole = received(atPlaces(said, places, offer), places, { ...receiving, agreed: [offer] }, 'passive');
  requireOfferedTransport(whole, tcp);
  return whole;
}

/** @param role its sender's in DTLS, where it says none (RFC 4145 §4) */
function received(came: Sdp, places: LinePlaces, receiving: Receiving, role: 'active' | 'passive'): ReceivedSdp {
  const { from, agreed, maySend, most, before } = receiving;
  const shared = from === 'core' ? new Map<number, number>() : sharedTransports(came, before);
  const carried = withDeclined(withSharedTransports(withoutCapabilities(came), shared), {
    has: (line) => line >= most,
  });
  const whole = withUsableFormats(carried, agreed);
  const written = withUsableKeys(withOneKeying(withOwnDirections(whole)), role);
  const known = { came, places, written, shared };
  if (from === 'core')
    return { ...known, sdp: withPlacedLines(written, maySend), tcp: new Map(), mismatched: new Set() };
  const usable = withoutLiteIce(written);
  const tcp = tcpLines(usable);
  const overUdp = tcp.size === 0 ? usable : withUdpLines(usable);
  const mismatched = mismatchedLines(overUdp);
  return { ...known, sdp: withoutRtcpPayloadTypes(withoutIceOn(overUdp, mismatched)), tcp, mismatched };
}

/**
 * An answer keeps the transport of its offer (RFC 8839 §4.3.2).
 * @throws EdgeError `sdp-invalid` (488)
 */
function requireOfferedTransport({ sdp, tcp }: ReceivedSdp, offered: TcpLines): void {
  const isUsed = (line: number) => viewSession(sdp).media[line]?.port !== 0;
  if ([...tcp.keys()].some((line) => !offered.has(line) && isUsed(line)))
    throw invalidSdp('it answers RTP over UDP with RTP over TCP');
}

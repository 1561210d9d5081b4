import type { AddressFamily } from '../ip-address';
import type { AnswerOptions, OfferOptions } from '../rtpengine/ng-command';
import { writeSdp, type Sdp } from '../sdp/sdp';
import { otherSide, type Side } from './media-anchor';
import type { Profile } from './profiles';

/** What decides the options of a command, beside the SDP. */
export interface NgOptionsInput {
  call: string;
  /** Whose SDP it is. It serves as rtpengine's tag, so that forks in the core are one peer to it (F6). */
  from: Side;
  sdp: Sdp;
  /**
   * Of an SDP of the UE: it is known where it sends from, by ICE or by its addresses. Of one of the core: the UE's media goes
   * to where it says, and not to where RTP comes from.
   */
  isSourceKnown: boolean;
  /** rtpengine bundles: what a UE bundles is taken as such. */
  bundles: boolean;
}

/** What decides the options of an offer, beside its SDP. */
export interface OfferWishes {
  /** The UE answered without ICE: it is not offered again. */
  ueDeclinedIce: boolean;
  /** What the other side is offered, if not the profile of the SDP. */
  profile: Profile | undefined;
  /** The other side is the UE, and is offered BUNDLE. */
  offersGroup: boolean;
  /** What the other side is offered; undefined: rtpengine goes by what it knows of each line. */
  family: AddressFamily | undefined;
}

/** rtpengine's o= and c= are put in place of the sender's. */
const replace = ['origin', 'session-connection'];

/**
 * Of a UE whose addresses are known, proved by ICE or those of its SIP, only these are accepted and sent to; otherwise
 * anybody could redirect its media or inject some.
 */
const knownSourceOnly = ['strict-source', 'endpoint-learning-off'];

/** Behind a NAT rtpengine has to learn where a UE without ICE sends from; once it has, nobody else is accepted. */
const firstSourceOnly = ['strict-source'];

/**
 * A UE without `a=tls-id` (RFC 8842 §4), as all browsers are, keeps its DTLS association when it restarts ICE. Releases of
 * rtpengine that know tls-id would begin a new one then, which the UE ignores: nothing it sends could be read any more.
 */
const keepDtls = 'no-tls-id';

/**
 * A core may send from elsewhere than it receives (a media gateway, an SBC), so RTP is taken from anywhere; but the UE's
 * media goes to the address that the last answer named. With learning it would go to whoever in the core sends first
 * after an answer: a fork that lost, or a stranger.
 */
const asSaid = ['endpoint-learning-off'];

/** One way to agree on keys: of itself rtpengine would offer DTLS and SDES at once. */
function profileOptions(profile: Profile | undefined): Pick<OfferOptions, 'transport-protocol' | 'SDES' | 'DTLS'> {
  if (profile === undefined) return {};
  const keys = profile.hasDtls ? { SDES: ['off'] as const } : { DTLS: 'off' as const };
  return { 'transport-protocol': profile.transport, ...keys };
}

/**
 * @param known both sides are known to rtpengine: the offer is a later one of the call
 */
export function offerOptions(
  { call, from, sdp, isSourceKnown, bundles }: NgOptionsInput,
  { known, ueDeclinedIce, profile, offersGroup, family }: { known: boolean } & OfferWishes,
): OfferOptions {
  const to = otherSide(from);
  const common = {
    'call-id': call,
    'from-tag': from,
    ...(known ? { 'to-tag': to } : {}),
    sdp: writeSdp(sdp),
    direction: [from, to] as const,
    ...(family && { 'address-family': family }),
    replace,
    ...profileOptions(profile),
  };
  if (from === 'access')
    return {
      ...common,
      ICE: 'remove',
      'ICE-lite': 'backward',
      'rtcp-mux': ['demux'],
      flags: flagsOfUe(sdp, isSourceKnown),
      ...(bundles ? { bundle: ['accept'] } : {}),
    };
  return {
    ...common,
    ...(isSourceKnown && { flags: asSaid }),
    ICE: ueDeclinedIce ? 'remove' : 'force',
    'ICE-lite': 'forward',
    // Without "require": a UE without rtcp-mux finds its separate RTCP port (D6).
    'rtcp-mux': ['offer'],
    // With "offer" each line would have a port of its own, and all the credentials of the first one.
    ...(bundles && offersGroup ? { bundle: ['require'] } : {}),
  };
}

export function answerOptions({ call, from, sdp, isSourceKnown }: NgOptionsInput): AnswerOptions {
  const common = { 'call-id': call, 'from-tag': otherSide(from), 'to-tag': from, sdp: writeSdp(sdp), replace };
  // "default" answers with ICE only if ICE was offered (B15).
  return from === 'access'
    ? { ...common, ICE: 'remove', flags: flagsOfUe(sdp, isSourceKnown) }
    : { ...common, ICE: 'default', ...(isSourceKnown && { flags: asSaid }) };
}

function flagsOfUe({ session, media }: Sdp, isSourceKnown: boolean): readonly string[] {
  const flags = isSourceKnown ? knownSourceOnly : firstSourceOnly;
  const says = (name: string) => [session, ...media].some((part) => part.has(name));
  return says('fingerprint') && !says('tls-id') ? [...flags, keepDtls] : flags;
}

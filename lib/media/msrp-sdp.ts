import type { IceCredentials } from '../ice/credentials';
import type { TransportAddress } from '../ice/transport-address';
import { discardPort } from '../sdp/discard-place';
import type { CandidateSpelling } from '../sdp/candidate';
import { withGatewayCandidates, type GatewayAddress } from '../sdp/gateway-candidate';
import { withCredentials } from '../sdp/ice-attributes';
import { readMsrpLine, withMsrpPlace, type MsrpSetup } from '../sdp/msrp-line';
import type { MediaSection } from '../sdp/sdp-part';
import type { MediaView } from '../sdp/session-view';
import type { Said } from './msrp-peers';

/** What a side says of a line. */
export function saidIn(section: MediaSection, { address, port, hasIce, ufrag }: MediaView): Said {
  return { ...readMsrpLine(section), address, port, hasIce, ufrag };
}

/**
 * What is offered onward. Of two that are passive, each would wait for the other's first SEND. Who is active is the client
 * of TLS, too: on that the ends have to agree between them (H11).
 */
export function offeringSetup({ isTls, setup = 'active' }: Said): MsrpSetup {
  return isTls || setup === 'passive' ? setup : 'actpass';
}

/** RFC 6135 §4.2.2; who says nothing is passive in an answer and active in an offer (RFC 4975 §8.1). */
export function answeringSetup(offer: Said, answer: Said): 'active' | 'passive' {
  const isActive = offer.isTls ? answer.setup === 'active' : offer.setup === 'passive';
  return isActive ? 'active' : 'passive';
}

/** Where and how a side reaches us on a line. */
export interface MsrpReach {
  place: TransportAddress;
  setup: MsrpSetup;
  /** In place of the sender's; undefined: that is left. */
  path: string | undefined;
  /** Of the gateway, if it is there. */
  ice: IceCredentials | undefined;
}

/** The section of a line as a side gets it. */
export function writeMsrp(
  section: MediaSection,
  { place, setup, path, ice }: MsrpReach,
  advertised: readonly GatewayAddress[],
  spelling: CandidateSpelling,
): MediaSection {
  const written = withMsrpPlace(section, { ...place, setup: place.port === discardPort ? 'active' : setup, path });
  return ice === undefined ? written : withGatewayCandidates(withCredentials(written, ice), advertised, spelling);
}

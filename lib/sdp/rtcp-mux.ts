import { withEachSection, type Sdp } from './sdp';

/**
 * The SDP of a core without its rtcp-mux, so that RTP and RTCP have separate ports on that side whatever it
 * offers (D7), and what it does has no influence on the UE's side. A core that knows nothing else
 * (`a=rtcp-mux-only`, RFC 8858) keeps it.
 */
export function withoutRtcpMux(sdp: Sdp): Sdp {
  return withEachSection(sdp, (section) => (section.has('rtcp-mux-only') ? section : section.without(['rtcp-mux'])));
}

/** The SDP without `a=rtcp-mux-only`, which rtpengine would pass on: what one side insists on does not bind the other (D6). */
export function withoutMuxOnly(sdp: Sdp): Sdp {
  return withEachSection(sdp, (section) => section.without(['rtcp-mux-only']));
}

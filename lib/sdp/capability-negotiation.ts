import { withEachPart, type Sdp } from './sdp';

/** RFC 5939, RFC 6871, RFC 7006. */
const ofCapabilities = [
  ...['csup', 'creq', 'acap', 'tcap', 'pcfg', 'acfg'],
  ...['rmcap', 'omcap', 'mfcap', 'mscap', 'lcfg', 'sescap'],
  ...['bcap', 'ccap', 'icap'],
];

/**
 * The SDP without what it offers instead of what it says: transports, addresses and keys in such lines are of its sender,
 * and an answer that takes them would have media pass that rtpengine knows nothing of. Who does not find them goes by the
 * rest (RFC 5939 §3.5.1).
 */
export function withoutCapabilities(sdp: Sdp): Sdp {
  return withEachPart(sdp, (part) => part.without(ofCapabilities));
}

import type { TransportAddress } from '../ice/transport-address';
import { openingOf } from '../port/first-bytes';
import { readProxyHeader } from '../port/proxy-header';
import type { CloseReason } from './counters';

/** What goes on elsewhere than in the gateway. */
export type OtherKind = 'sip' | 'http' | 'tls';

/** What is to become of a connection that does not begin with framed STUN. */
export type Decision = {
  /** What a trusted proxy says of who connected. */
  client?: { remote: TransportAddress; local: TransportAddress } | undefined;
} & (
  | { next: 'wait' }
  | { next: 'close'; reason: CloseReason }
  /** From this byte on all is frames; `reply` is sent as it is. */
  | { next: 'frames'; from: number; reply?: Buffer }
  /** From this byte on all is TURN over TCP. */
  | { next: 'relay'; from: number }
  | { next: 'hand-over'; from: number; kind: OtherKind }
);

/** A connection of which so much is not enough to tell what it is will not say more: bytes. */
const longestOpening = 2048;

/**
 * libwebrtc's pseudo-TLS (`ssltcp`): always the same hello, and the same answer, behind which come frames as always.
 * Source: webrtc, rtc_base/socket_adapters.cc.
 */
const ssltcpHello = Buffer.from(
  '8046010301002d000000100100800300800700c006004002008004008000000400feff00000a00fefe0000090000640000620000030000061f170ca62f0078fc46552eb18339f1ea',
  'hex',
);
const ssltcpAnswer = Buffer.from(
  '160301004a020000460301428545a727a95da0b3c5e753da482b3fc65aca89c15852a1783c5b174600853f200ed306725b5b1b5f15ac13f988539d9be83d7b0c30326e384da27557416c345c000400',
  'hex',
);

/**
 * @param bytes all that came so far
 * @param isFromProxy whether a header of the PROXY protocol has to come first
 * @param longestFrame bytes that the first frame may have
 */
export function decideOpening(bytes: Buffer, isFromProxy: boolean, longestFrame: number): Decision {
  const header = isFromProxy ? readProxyHeader(bytes) : { length: 0 };
  if (header === 'invalid') return { next: 'close', reason: 'proxy-header' };
  if (header === undefined) return { next: 'wait' };
  const { length, client } = header;
  const decision = decide(bytes.subarray(length), length, longestFrame);
  const isEndless = decision.next === 'wait' && bytes.length - length >= longestOpening;
  return { client, ...(isEndless ? { next: 'close', reason: 'strange-opening' } : decision) };
}

function decide(bytes: Buffer, from: number, longestFrame: number): Decision {
  const opening = openingOf(bytes, longestFrame);
  switch (opening) {
    case 'undecided':
      return { next: 'wait' };
    case 'media':
      return { next: 'frames', from };
    case 'turn':
      return { next: 'relay', from };
    case 'ssltcp':
      return decideSsltcp(bytes, from);
    case 'strange':
      return { next: 'close', reason: 'strange-opening' };
    default:
      return { next: 'hand-over', from, kind: opening };
  }
}

function decideSsltcp(bytes: Buffer, from: number): Decision {
  const hello = bytes.subarray(0, ssltcpHello.length);
  if (!ssltcpHello.subarray(0, hello.length).equals(hello)) return { next: 'close', reason: 'strange-opening' };
  if (hello.length < ssltcpHello.length) return { next: 'wait' };
  return { next: 'frames', from: from + ssltcpHello.length, reply: ssltcpAnswer };
}

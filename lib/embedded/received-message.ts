import type { PeerFlow } from './peer-flow';
import { hasLongLine } from '../drachtio/fence/long-lines';
import { dropUnreadable } from '../drachtio/fence/readable-headers';
import { messageLimits } from '../wire/limits';
import { parseSipMessage, parseVia, type SipMessage } from '../wire/sip-message';
import { contentLengthOf } from '../wire/stream-framer';

/** A SIP message as it came, with the top Via of a request completed. */
export interface Received {
  readonly message: SipMessage;
  /** For the app: byte for byte as received but for the top Via. */
  readonly text: string;
  /** Size as received. */
  readonly bytes: number;
  /** What is wrong with a request, as the answer that it gets. */
  readonly fault: { readonly status: number; readonly reason: string } | undefined;
}

/** `undefined` for what deserves no answer: no SIP, a request without Via, a truncated response. */
export function readMessage(raw: string, flow: PeerFlow): Received | undefined {
  const trimmed = cutBody(raw.replace(/^[\r\n]+/, ''));
  const parsed = parseSipMessage(trimmed);
  if (!parsed) return undefined;
  const { message } = parsed;
  const via = message.topVia;
  if (!via) return undefined;
  if (!message.isRequest) {
    const usable =
      !parsed.malformed && message.cseq !== undefined && message.callId !== '' && !isTooLong(message, trimmed);
    return usable ? { message, text: trimmed, bytes: raw.length, fault: undefined } : undefined;
  }
  const fault = faultOf(message, parsed.malformed, trimmed, flow);
  const text = completeVia(trimmed, flow);
  return { message: parseSipMessage(text)?.message ?? message, text, bytes: raw.length, fault };
}

/** Over UDP the body may be shorter than the datagram (RFC 3261 §18.3). */
function cutBody(raw: string): string {
  const end = raw.indexOf('\r\n\r\n');
  if (end < 0) return raw;
  const length = contentLengthOf(raw.slice(0, end));
  return length === undefined || !/^\d{1,6}$/.test(length) ? raw : raw.slice(0, end + 4 + Number(length));
}

/** Fills in rport (RFC 3581 §4), asked for or not, and received (RFC 3261 §18.2.1). */
function completeVia(text: string, flow: PeerFlow): string {
  return text.replace(/\r\n(?:via|v)[ \t]*:[ \t]*([^,\r\n]*)/i, (_line, value: string) => {
    const host = parseVia(value)?.host;
    const rport = `;rport=${flow.remotePort}`;
    const received = host === flow.remoteAddress ? '' : `;received=${flow.remoteAddress}`;
    // What the sender wrote there himself is not to be believed.
    const clean = value.trimEnd().replace(/;\s*received\s*=[^;]*/i, '');
    const filled = clean.replace(/;\s*rport\s*(=[^;]*)?(?=;|$)/i, rport);
    return `\r\nVia: ${filled === clean ? `${clean}${received}${rport}` : filled + received}`;
  });
}

function faultOf(message: SipMessage, malformed: boolean, raw: string, flow: PeerFlow): Received['fault'] {
  const bad = { status: 400, reason: 'Bad Request' };
  if (malformed) return bad;
  if (!message.startLine.endsWith(' SIP/2.0')) return { status: 505, reason: 'Version Not Supported' };
  if (isTooLong(message, raw) || message.cseq?.method !== message.method || !dropUnreadable(message)) return bad;
  // Apps get both in a line that is divided by "|".
  if (`${message.callId}${message.fromTag ?? ''}`.includes('|')) return bad;
  if (!/^0*\d{1,3}$/.test(message.get('max-forwards') ?? '70'))
    return { status: 400, reason: 'Bad Max-Forwards Header' };
  const isUnbinding = message.method === 'REGISTER' && message.get('expires') === '0';
  if (message.get('contact') === '*' && !isUnbinding) return bad;
  const length = contentLengthOf(raw.split('\r\n\r\n', 1)[0] ?? '');
  if (length !== undefined && !/^\d{1,9}$/.test(length)) return { status: 400, reason: 'Bad Content-Length Header' };
  // Over a stream nobody could tell where it ends (RFC 3261 §18.3).
  if (length === undefined && flow.local.transport === 'tcp') return bad;
  if (Number(length ?? 0) > messageLimits.body) return { status: 413, reason: 'Request Entity Too Large' };
  return Number(length ?? 0) > message.body.length ? bad : undefined;
}

/** Also of many blanks on end: the patterns that apps read headers with take time by the square of their number. */
function isTooLong(message: SipMessage, raw: string): boolean {
  const head = raw.slice(0, raw.length - message.body.length);
  const isLong = message.body.length > messageLimits.body || head.length > messageLimits.head;
  return isLong || hasLongLine(message) || manyBlanks.test(head);
}

const manyBlanks = /[ \t\r\n]{256}/;

import { parseVia, type SipMessage } from './sip-message';

/** Fills in where a request really came from (RFC 3261 §18.2.1, RFC 3581 §4), whatever its sender wrote there. */
export function markSource(request: SipMessage, address: string, port: number): void {
  const [top = ''] = request.values('via');
  const via = parseVia(top);
  if (!via) return;
  const wantsPort = /;\s*rport\s*(?==|;|$)/i.test(top);
  const clean = top.replace(/;\s*(received|rport)\s*(=[^;]*)?(?=;|$)/gi, '');
  const received = wantsPort || via.host !== address ? `;received=${address}` : '';
  request.removeFirst('via');
  request.prepend('Via', `${clean}${received}${wantsPort ? `;rport=${port}` : ''}`);
}

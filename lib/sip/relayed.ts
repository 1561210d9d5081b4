import type { IncomingRequest } from '../drachtio/messages';
import { parseVia } from '../wire/sip-message';
import { hostPort, listOf, parseSipUri, uriOf } from '../wire/sip-uri';
import type { Egress } from './egress';

/** Whether a request of the core came by way of the relay. */
export function cameByRelay(request: IncomingRequest, egress: Egress): boolean {
  const via = parseVia(listOf(request.get('via'))[0] ?? '');
  return via !== undefined && egress.entry(via.host) === hostPort(via.host, via.port);
}

/** Where in the core a request came from. */
export function sourceInCore(request: IncomingRequest, egress: Egress): string {
  if (!cameByRelay(request, egress)) return request.source_address;
  const before = listOf(request.get('via'))[1] ?? '';
  return /;\s*received\s*=\s*([^;\s]+)/i.exec(before)?.[1] ?? parseVia(before)?.host ?? '';
}

/** Of the routes of a request, those that do not lead by the relay. */
export function beyondRelay(routes: readonly string[], egress: Egress): string[] {
  return routes.filter((route) => {
    const { host = '', port } = parseSipUri(uriOf(route)) ?? {};
    return egress.entry(host) !== hostPort(host, port);
  });
}

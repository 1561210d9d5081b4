import { CallerEarlyDialog } from '../drachtio/caller-early-dialog';
import type { IncomingRequest, ParsedMessage } from '../drachtio/messages';
import type { Side } from '../media/media-anchor';
import { listOf, parseSipUri, uriOf } from '../wire/sip-uri';
import type { Way } from '../egress/errand';
import { flowUri } from './flow-token';
import { beyondRelay } from './relayed';
import type { SipEdge } from './sip-edge';

/**
 * The early dialog of a caller, to which requests go by the way that the INVITE came. `progress` is the 18x that made it, as
 * it was sent. Undefined where no way leads back.
 */
export function earlyCaller(
  edge: SipEdge,
  side: Side,
  invite: IncomingRequest,
  progress: ParsedMessage,
): CallerEarlyDialog | undefined {
  const uri = invite.getParsedHeader('contact')[0]?.uri ?? '';
  const way = parseSipUri(uri)?.scheme === 'sip' ? wayBack(edge, side, invite, uri) : undefined;
  return way && new CallerEarlyDialog(edge.srf, { invite, progress }, uri, way);
}

/** The server sends no Route outside of dialogs, for which there is a relay on the core's side alone. */
function wayBack(
  { egress }: Pick<SipEdge, 'egress'>,
  side: Side,
  invite: IncomingRequest,
  uri: string,
): (() => Way) | undefined {
  const recorded = listOf(invite.get('record-route'));
  const routes = beyondRelay(recorded, egress);
  const [first] = routes;
  if (routes.length < recorded.length) {
    const nextHop = first === undefined ? uri : uriOf(first);
    return () => egress.send({ nextHop, routes });
  }
  const { source_address: address, source_port: port, protocol } = invite;
  const proxy = flowUri({ transport: protocol === 'udp' ? 'udp' : 'tcp', address, port });
  // The access listener's own route names the connection that the INVITE came on.
  const isSource = first !== undefined && routes.length === 1 && uriOf(first).startsWith(`${proxy};`);
  if (first === undefined || isSource) return () => ({ proxy, headers: {} });
  return side === 'access' ? undefined : () => egress.send({ nextHop: uriOf(first), routes });
}

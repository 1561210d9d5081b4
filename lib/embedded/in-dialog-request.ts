import { viaFor } from './contact';
import type { ServerDialog, FarEnd } from './server-dialog';
import type { PeerFlow } from './peer-flow';
import { newBranch } from './ids';
import { dialogRequest } from '../wire/dialog-request';
import type { SipMessage } from '../wire/sip-message';
import { parseSipUri, uriOf, type SipUri } from '../wire/sip-uri';
import type { Stack } from './stack';
import type { Destination } from '../wire/link';
import type { Transport } from './transport';

/** A request in a dialog and the way that it goes. */
export interface Outgoing {
  readonly message: SipMessage;
  readonly flow: PeerFlow;
}

/** Where a URI, whose host has the given address, sends packets. `undefined` if no such transport is at hand. */
export function destinationOf(uri: SipUri, address: string, transport: Transport): Destination | undefined {
  const named = uri.params.get('transport')?.toLowerCase();
  const name = named ?? (transport.hasTransport('udp') ? 'udp' : 'tcp');
  if (uri.scheme !== 'sip' || (name !== 'udp' && name !== 'tcp') || !transport.hasTransport(name)) return undefined;
  return { transport: name, address, port: uri.port ?? 5060 };
}

/**
 * Where a request in a dialog goes by name: the first hop, or the target. `undefined` if that cannot be read. Its host
 * has to be looked up before, unless the dialog goes by an address of its own.
 */
export function hopOf(
  { nextHop }: ServerDialog,
  { routes, target, behindNat }: FarEnd,
): { uri: SipUri; host: string } | undefined {
  const [first] = routes;
  const uri = parseSipUri(first === undefined ? target : uriOf(first));
  const isElsewhere = first === undefined && (nextHop ?? behindNat) !== undefined;
  return uri && { uri, host: isElsewhere ? '127.0.0.1' : uri.host };
}

/**
 * A request in a dialog (RFC 3261 §12.2.1.1), without the app's own headers; over the given flow
 * or to the next hop. `undefined` if there is no way to
 * the far end: the name of its host was not looked up, or its transport is not at hand.
 */
export function inDialogRequest(
  { transport, names }: Pick<Stack, 'transport' | 'names'>,
  dialog: ServerDialog,
  leg: FarEnd,
  method: string,
  cseq: number,
  over?: PeerFlow,
): Outgoing | undefined {
  const [first, ...rest] = leg.routes;
  const firstUri = first === undefined ? undefined : parseSipUri(uriOf(first));
  // A first hop that is no loose router wants to be the Request-URI (RFC 3261 §12.2.1.1).
  const isStrict = firstUri !== undefined && !firstUri.params.has('lr');
  const requestUri = isStrict ? firstUri.text : leg.target;
  const routes = isStrict ? [...rest, `<${leg.target}>`] : leg.routes;
  const hop = firstUri ?? parseSipUri(leg.target);
  const address = hop && names.known(hop.host);
  const natural = hop && address !== undefined ? destinationOf(hop, address, transport) : undefined;
  const destination = firstUri ? natural : (dialog.nextHop ?? leg.behindNat ?? natural);
  const flow = over ?? transport.outbound() ?? (destination && transport.flowTo(destination, dialog.localPoint));
  if (!flow) return undefined;
  const to = `${dialog.remote};tag=${leg.tag}`;
  const ends = { callId: dialog.callId, from: dialog.local, to, target: requestUri, routes };
  return { message: dialogRequest(ends, method, cseq).prepend('Via', viaFor(flow.local, newBranch())), flow };
}

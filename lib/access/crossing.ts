import { createHash } from 'node:crypto';
import { beginsDialog, makesDialogs } from '../drachtio/fence/dialog-makers';
import { removePrivate, showHidden } from '../drachtio/fence/hidden-headers';
import { dropRoutes } from '../drachtio/fence/toward-server';
import { hostPort, parseSipUri, sipUriOf, tagOf, uriOf } from '../wire/sip-uri';
import { markSource } from '../wire/source-mark';
import type { SipMessage, Via } from '../wire/sip-message';
import type { UeFlow } from './ue-flow';
import { CarriedVias } from './carried-vias';

/** s between keep-alives that a UE is asked for: NATs forget connections that are silent for some minutes. */
const keepAliveInterval = 120;

/** Begins each branch (RFC 3261 §8.1.1.7). */
const magicCookie = 'z9hG4bK';

/**
 * What messages undergo on their way between a UE and the SIP server. The listener is a stateless proxy (RFC 3261
 * §16.11) that record-routes toward the server alone: so the server sends whatever belongs to a dialog back to this
 * connection, which it knows by address and port, whatever the UE's Contact says. The UE sees nothing of that.
 * All change the message in place.
 */
export class Crossing {
  readonly #flow: UeFlow;
  readonly #server: { readonly address: string; readonly port: number };
  /** Protocol and sent-by of our Vias. */
  readonly #towardServer: string;
  readonly towardUe: string;
  /** In URIs toward the UE: `ws` also for what TLS carries (RFC 7118 §5.2.3). */
  readonly #uriTransport: string;
  /** Those of the server, in ours toward the UE. */
  readonly #vias: CarriedVias;

  constructor(flow: UeFlow, server: { readonly address: string; readonly port: number }) {
    this.#flow = flow;
    this.#server = server;
    this.#towardServer = `TCP ${hostPort(flow.serverSide.address, flow.serverSide.port)}`;
    this.#vias = new CarriedVias(`SIP/2.0/TCP ${hostPort(server.address, server.port)}`);
    this.#uriTransport = flow.transport === 'wss' ? 'ws' : flow.transport;
    this.towardUe = `${flow.transport.toUpperCase()} ${hostPort(flow.contact.host, flow.contact.port)}`;
  }

  requestToServer(request: SipMessage): void {
    removePrivate(request);
    dropRoutes(request);
    const branch = branchAtServer(request);
    markSource(request, this.#flow.remoteAddress, this.#flow.remotePort);
    request.prepend('Via', `SIP/2.0/${this.#towardServer};branch=${branch}`);
    if (beginsDialog(request)) {
      request.prepend('Record-Route', this.#ownRoute());
    }
  }

  /** False: the response is to no request of the server. */
  responseToServer(response: SipMessage): boolean {
    removePrivate(response);
    if (!this.#restoreVias(response)) return false;
    const { status } = response;
    const makesDialog = status > 100 && status < 300 && makesDialogs(response.cseq?.method);
    // Below those of proxies on the UE's side: the server, as the caller, reads them from below.
    if (makesDialog && tagOf(response.get('to')) !== undefined) response.add('Record-Route', this.#ownRoute());
    return true;
  }

  requestToUe(request: SipMessage): void {
    removePrivate(request);
    this.#showRequestUri(request);
    this.#removeOwn(request, 'route');
    this.#showContact(request);
    const vias = request.values('via').join(', ');
    request.remove('via');
    request.prepend('Via', `SIP/2.0/${this.towardUe};branch=${magicCookie}${this.#vias.seal(vias)}`);
  }

  /** False: the response is to no request of the UE. */
  responseToUe(response: SipMessage): boolean {
    if (!takeVia(response, this.#towardServer)) return false;
    showHidden(response);
    removePrivate(response);
    welcomeKeepAlives(response);
    this.#removeOwn(response, 'record-route');
    this.#showContact(response);
    return true;
  }

  #restoreVias(response: SipMessage): boolean {
    const via = response.topVia;
    if (!via || !isSentBy(via, this.towardUe) || !via.branch.startsWith(magicCookie)) return false;
    const vias = this.#vias.open(via.branch.slice(magicCookie.length));
    if (vias === undefined) return false;
    response.remove('via');
    response.prepend('Via', vias);
    return true;
  }

  #ownRoute(): string {
    return `<sip:${hostPort(this.#flow.serverSide.address, this.#flow.serverSide.port)};transport=tcp;lr>`;
  }

  #removeOwn(message: SipMessage, key: 'route' | 'record-route'): void {
    const routes = message.values(key);
    const others = routes.filter((route) => !names(uriOf(route), this.#flow.serverSide));
    if (others.length === routes.length) return;
    message.remove(key);
    for (const route of others) message.add(key === 'route' ? 'Route' : 'Record-Route', route);
  }

  /** A Request-URI that names this connection as the server sees it means the UE where it is. */
  #showRequestUri(request: SipMessage): void {
    const { remoteAddress, remotePort, serverSide } = this.#flow;
    if (!names(request.requestUri, serverSide)) return;
    const user = parseSipUri(request.requestUri)?.user;
    request.requestUri = `${sipUriOf({ user, host: remoteAddress, port: remotePort })};transport=${this.#uriTransport}`;
  }

  /** The server writes its own address into Contact, and puts it there in place of any other that the app gave. */
  #showContact(message: SipMessage): void {
    const { contact } = this.#flow;
    const shown = (value: string): string => {
      const text = uriOf(value);
      if (!names(text, this.#server)) return value;
      const uri = parseSipUri(text);
      const others = [...(uri?.params ?? [])].filter(([name]) => name !== 'transport');
      const params = others.map(([name, given]) => `;${name}${given === '' ? '' : `=${given}`}`).join('');
      const own = `${sipUriOf({ user: uri?.user, ...contact })};transport=${this.#uriTransport}${params}`;
      return value.replace(text, () => (value.includes('<') ? own : `<${own}>`));
    };
    const values = message.values('contact');
    if (!values.some((value) => names(uriOf(value), this.#server))) return;
    message.remove('contact');
    for (const value of values) message.add('Contact', shown(value));
  }
}

/**
 * The branch that a request of the UE has at the SIP server. The same for all that belongs to one transaction: CANCEL and
 * the ACK of a refusal have that of their INVITE.
 */
export function branchAtServer(request: SipMessage): string {
  const via = request.topVia;
  const key = [via?.sentBy, via?.branch];
  if (via?.branch.toLowerCase().startsWith('z9hg4bk') !== true) {
    key.push(request.callId, tagOf(request.get('from')), String(request.cseq?.number));
  }
  return magicCookie + createHash('sha256').update(key.join('\n')).digest('base64url').slice(0, 22);
}

function isSentBy({ transport, sentBy }: Via, ours: string): boolean {
  return `${transport} ${sentBy}` === ours.toLowerCase();
}

function takeVia(response: SipMessage, sentBy: string): boolean {
  const via = response.topVia;
  if (!via || !isSentBy(via, sentBy)) return false;
  response.removeFirst('via');
  return response.has('via');
}

/** Tells a UE that asked, in the Via on top, that it may send keep-alives (RFC 6223 §4.4, §5). */
function welcomeKeepAlives(response: SipMessage): void {
  const [top = ''] = response.values('via');
  const makesFlow = response.cseq?.method === 'REGISTER' || makesDialogs(response.cseq?.method);
  if (response.status < 200 || response.status > 299 || !makesFlow || !keepParameter.test(top)) return;
  const seconds = response.get('flow-timer') ?? String(keepAliveInterval);
  response.removeFirst('via');
  response.prepend(
    'Via',
    top.replace(keepParameter, () => `;keep=${seconds}`),
  );
}

const keepParameter = /;\s*keep\s*(=[^;]*)?(?=;|$)/i;

function names(text: string, at: { readonly address: string; readonly port: number }): boolean {
  const uri = parseSipUri(text);
  return uri?.host.toLowerCase() === at.address && (uri.port ?? 5060) === at.port;
}

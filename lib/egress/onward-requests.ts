import { randomBytes } from 'node:crypto';
import { hopUnreachable, timedOut } from '../drachtio/fence/silent-ends';
import type { OccasionalLog } from '../ops/occasional-log';
import { cancelOf } from '../wire/cancel';
import { beginsDialog } from '../drachtio/fence/dialog-makers';
import { responseTo, type OwnResponse } from '../wire/own-response';
import type { SipMessage } from '../wire/sip-message';
import { uriOf } from '../wire/sip-uri';
import type { Branch, Branches, Sent } from './branches';
import type { CoreEntry } from './core-entry';
import type { CoreFence } from '../drachtio/fence/core-fence';
import type { CoreHops } from './core-hops';
import { nextHopOf, type Errand } from './errand';
import type { Destination, Link, NextHop, TransportName } from '../wire/link';
import { isNobody, nobody } from './nobody';
import type { OwnCallIds } from '../drachtio/fence/own-call-ids';
import type { RelayedDialogs } from './relayed-dialogs';
import { finish, holderOfCall, setRoutes } from './relayed-messages';
import type { Servers } from './servers';
import { refusalOf } from '../drachtio/fence/surplus-answers';
import type { UdpOnly } from './udp-only';

/** What the relay needs of the network. */
export interface Network {
  /** Calls back, at once where no lookup is needed; with `undefined` where there is no such host. */
  locate(hop: NextHop, then: (destination: Destination | undefined) => void): void;
  /** `undefined` if no link can be made; one that fails later is reported to `lost`. */
  linkTo(destination: Destination): Link | undefined;
  isOwn(destination: Destination): boolean;
}

/** What the relay is made of besides. */
export interface RelayParts {
  network: Network;
  occasionally: OccasionalLog;
  branches: Branches;
  servers: Servers;
  callIds: OwnCallIds;
  dialogs: RelayedDialogs;
  entry: CoreEntry;
  fence: CoreFence;
  udpOnly: UdpOnly;
  /** Where requests for the core may go; unset: anywhere. */
  hops: CoreHops | undefined;
}

/** A request that is to go on. */
interface OnwardRequest {
  /** As it came. */
  request: SipMessage;
  /** What is to go on of it. */
  onward: SipMessage;
  errand?: Errand | undefined;
  isForServer: boolean;
  /** Where to, if a Path led it here. */
  entered?: Destination | undefined;
  /** Where to, if neither errand nor Route says it. */
  nextHop?: string | undefined;
}

const reasons = {
  403: 'Forbidden',
  408: timedOut.reason,
  413: 'Request Entity Too Large',
  481: 'Call/Transaction Does Not Exist',
  482: 'Loop Detected',
  500: 'Server Internal Error',
  503: 'Service Unavailable',
} as const;

type AnswerStatus = keyof typeof reasons;

/** Sends requests on to where they belong, once `Relaying` lets them pass, and answers those that cannot be sent. */
export class OnwardRequests {
  readonly #parts: RelayParts;
  readonly #tag = randomBytes(8).toString('hex');

  constructor(parts: RelayParts) {
    this.#parts = parts;
  }

  /** Sends a request on, and opens a branch for all but an ACK, which has no answer. */
  open(id: string, { request, onward, errand, isForServer, entered, nextHop }: OnwardRequest, from: Link): void {
    const { branches, dialogs, entry, fence, network, occasionally, servers } = this.#parts;
    const isAck = request.method === 'ACK';
    if (!isForServer && !isNobody(from)) fence.requestToCore(id, request);
    const back = servers.has(from) || isNobody(from) ? from : this.#backTo(request, from);
    const holder = errand?.holder ?? holderOfCall(request);
    const branch = isAck ? undefined : branches.open(id, { request, back, isForServer, holder });
    if (!branch && !isAck) {
      this.answer(request, back, 503);
      return;
    }
    if (entered) {
      this.#send(id, onward, branch, entered);
      return;
    }
    const fail = (status: AnswerStatus) => branch && this.fail(branch, status);
    let hop: NextHop;
    try {
      if (errand?.requestUri !== undefined) onward.requestUri = errand.requestUri;
      if (errand) setRoutes(onward, errand.routes);
      if (errand?.contact !== undefined) onward.set('Contact', errand.contact);
      // In a dialog that has the relay as its next hop for want of a Record-Route (RFC 3261 §16.6, item 6).
      const [route] = onward.values('route');
      const next = route === undefined ? (nextHop ?? onward.requestUri) : uriOf(route);
      hop = errand ? nextHopOf(errand.nextHop) : nextHopOf(next, from.transport);
      if (errand && beginsDialog(onward)) {
        dialogs.begin(onward, from.sentBy);
        this.#giveCallId(onward, errand, from, hop);
      }
    } catch (error) {
      occasionally.error({ err: error, method: request.method }, 'A request cannot be sent to the core');
      fail(500);
      return;
    }
    network.locate(hop, (located) => {
      if (branch?.isFinal === true) return;
      if (!located) this.#unreached(hop, 'its name does not resolve');
      const destination = located && isForServer ? entry.reachable(located) : located;
      const isOwn = destination && network.isOwn(destination);
      // Else anybody who has seen the Record-Route could send to anywhere by way of the relay.
      const isAstray = destination && isForServer && !servers.has(destination);
      if (isOwn === true || isAstray === true) fail(482);
      else if (destination && !isForServer && this.#isMisplaced(hop, destination)) fail(403);
      else this.#send(id, onward, branch, destination);
    });
  }

  /** The same request came again. */
  repeat(id: string, branch: Branch): void {
    const { sent, answer } = branch;
    if (answer !== undefined) branch.back.send(answer);
    else if (sent && (sent.onward.isConnecting !== true || !this.#isSentOverUdp(id, branch))) {
      if (sent.text !== '') sent.onward.send(sent.text);
    }
  }

  /** Sends the CANCEL of a request, or the ACK of its refusal, where that went. */
  follow(id: string, request: SipMessage, { request: sent, onward }: Sent): void {
    request.requestUri = sent.requestUri;
    request.set('Call-ID', sent.callId);
    setRoutes(request, sent.lines('route'));
    onward.send(finish(request, id, onward));
  }

  /** Cancels a request in its sender's place. */
  cancel(id: string, { request, onward }: Sent): void {
    const cancel = cancelOf(request);
    cancel.remove('via');
    onward.send(finish(cancel, id, onward));
  }

  /** A link to a next hop cannot be made or has ended: who waits for an answer gets it at once. */
  lost(link: Link): void {
    const { branches } = this.#parts;
    const waiting = branches.waitingFor(link).filter(([id, branch]) => !this.#isSentOverUdp(id, branch));
    for (const [, branch] of waiting) this.fail(branch, 503, hopUnreachable.reason);
    const { address: host, port, transport } = link;
    if (waiting.length > 0) this.#unreached({ host, port, transport }, 'it takes no connections, or has ended one');
  }

  /** The relay's own final answer to a request that went on, or was about to. */
  fail(branch: Branch, status: AnswerStatus, reason?: string): void {
    if (branch.isFinal) return;
    this.#parts.branches.answered(branch, status);
    branch.answer = this.#answerTo(branch.request, status, reason);
    branch.back.send(branch.answer);
  }

  answer(request: SipMessage, to: Link, status: AnswerStatus): void {
    to.send(this.#answerTo(request, status));
  }

  /** Answers a request of the core that the server must not see. */
  refuse(request: SipMessage, from: Link, refusal: OwnResponse): void {
    const answer = responseTo(request, refusal, this.#tag);
    if (request.method !== 'ACK') this.#backTo(request, from).send(answer.toString());
  }

  /** Acknowledges the 2xx of a fork that nobody waits for, and hangs up on its first. */
  endSurplus({ request: invite, onward: { transport, sentBy } }: Sent, answer: SipMessage, isFirst: boolean): void {
    const refusal = refusalOf(invite, answer, sentBy);
    if (refusal) this.sendOwn(refusal.ack, transport);
    if (refusal && isFirst) this.sendOwn(refusal.bye, transport);
  }

  /** Sends a request of the relay's own, of whose answer nobody hears. */
  sendOwn(request: SipMessage, transport: TransportName = 'udp'): void {
    const id = `z9hG4bK${randomBytes(16).toString('hex')}`;
    this.open(id, { request, onward: request.clone(), isForServer: false }, nobody[transport]);
  }

  #answerTo(request: SipMessage, status: AnswerStatus, reason: string = reasons[status]): string {
    const headers = status === 503 ? { 'Retry-After': '5' } : {};
    return responseTo(request, { status, reason, headers }, this.#tag).toString();
  }

  /** The Call-ID that the core knows the dialog by which a request begins. */
  #giveCallId(request: SipMessage, errand: Errand, from: Link, hop: NextHop): void {
    const { callIds } = this.#parts;
    if (errand.keepsCallId !== true) callIds.begin(request, from);
    else {
      const { nextHop } = errand;
      callIds.follow(request, from, 'for-core', { server: from.transport, core: hop.transport, nextHop });
    }
  }

  #isMisplaced(hop: NextHop, destination: Destination): boolean {
    const { hops, occasionally } = this.#parts;
    const reason = hops?.fault(hop, destination);
    if (reason === undefined) return false;
    const { transport, address, port } = destination;
    occasionally.warn({ transport, address, port, reason }, 'nothing is sent to a next hop that the core names');
    return true;
  }

  /** Tells of each next hop by itself. */
  #unreached({ host, port, transport }: NextHop, reason: string): void {
    const where = 'see CORE_NEXT_HOP, EMERGENCY_NEXT_HOP and the Service-Route of the registrar';
    const message = `A next hop cannot be reached: ${where}`;
    this.#parts.occasionally.warn({ host, port, transport, reason }, message, host);
  }

  #send(id: string, request: SipMessage, branch: Branch | undefined, destination: Destination | undefined): void {
    const { branches, fence, network, udpOnly } = this.#parts;
    const asAsked = destination && network.linkTo(destination);
    if (!destination || !asAsked) {
      if (branch) this.fail(branch, 503, hopUnreachable.reason);
      return;
    }
    const wired = request.clone();
    const text = finish(wired, id, asAsked);
    if (branch?.isForServer === true) fence.requestToServer(id, wired);
    // A connection to the server would be no gain: it is at this machine, and bodies go past it.
    const way = branch?.isForServer === true ? destination : udpOnly.wayFor(destination, text.length);
    const connection = way === destination ? undefined : network.linkTo(way);
    const onward = connection ?? asAsked;
    const overUdp = connection && destination;
    if (branch) branches.sent(branch, { request, text: onward.transport === 'udp' ? text : '', onward, overUdp });
    onward.send(connection ? finish(request.clone(), id, connection) : text);
  }

  /** Whether a request, too large for a datagram, goes in one all the same: its next hop takes no connection. */
  #isSentOverUdp(id: string, branch: Branch): boolean {
    const { branches, network, udpOnly } = this.#parts;
    const { request, overUdp } = branch.sent ?? {};
    const onward = overUdp && network.linkTo(overUdp);
    if (!onward || !request) return false;
    udpOnly.learn(overUdp);
    const text = finish(request.clone(), id, onward);
    branches.sent(branch, { request, text, onward, overUdp: undefined });
    onward.send(text);
    return true;
  }

  /** Where the response to a request of the core goes (RFC 3261 §18.2.2, RFC 3581 §4). */
  #backTo(request: SipMessage, from: Link): Link {
    if (from.transport === 'tcp') return from;
    const [top = ''] = request.values('via');
    const port = /;\s*rport\b/i.test(top) ? from.port : (request.topVia?.port ?? 5060);
    const { transport, address } = from;
    return port === from.port ? from : (this.#parts.network.linkTo({ transport, address, port }) ?? from);
  }
}

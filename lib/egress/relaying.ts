import { randomBytes } from 'node:crypto';
import type { Logger } from '../ops/logger';
import { OccasionalLog } from '../ops/occasional-log';
import { errandHeader } from '../wire/private-headers';
import { responseTo } from '../wire/own-response';
import { dropShortSessionTimer } from '../wire/session-timer';
import { parseSipMessage, contentLengthOf, type SipMessage } from '../wire/sip-message';
import { tagOf, uriOf } from '../wire/sip-uri';
import { Branches, type Branch } from './branches';
import { nextHopOf, type Errand, type NextHop } from './errand';
import type { Limits } from './limits';
import type { Destination, Link } from './link';
import { OwnCallIds, type Bound } from './own-call-ids';
import { Servers } from './servers';
import { UnclaimedErrands } from './unclaimed-errands';

/** What the relay needs of the network. */
export interface Network {
  /** Calls back, at once where no lookup is needed; with `undefined` where there is no such host. */
  locate(hop: NextHop, then: (destination: Destination | undefined) => void): void;
  /** `undefined` if no link can be made; one that fails later is reported to `lost`. */
  linkTo(destination: Destination): Link | undefined;
  isOwn(destination: Destination): boolean;
}

const reasons = {
  481: 'Call/Transaction Does Not Exist',
  482: 'Loop Detected',
  500: 'Server Internal Error',
  503: 'Service Unavailable',
} as const;

type AnswerStatus = keyof typeof reasons;

const errandKey = errandHeader.toLowerCase();

/**
 * What becomes of each message that reaches the egress relay: a proxy (RFC 3261 §16) without timers of its own,
 * since the hop before it has the transport of the hop behind it, and the SIP server's repetitions serve for both.
 */
export class Relaying {
  readonly errands: UnclaimedErrands;
  readonly branches: Branches;
  /** Messages that nothing was done with: requests of strangers, responses to nothing. */
  readonly dropped = { requests: 0, responses: 0 };
  readonly #servers: Servers;
  readonly #callIds = new OwnCallIds();
  readonly #network: Network;
  readonly #logger: Logger;
  readonly #occasionally: OccasionalLog;
  readonly #tag = randomBytes(8).toString('hex');

  /** @param now a clock in ms. */
  constructor(network: Network, logger: Logger, limits: Limits, now: () => number) {
    this.#network = network;
    this.#logger = logger;
    this.#occasionally = new OccasionalLog(logger);
    this.errands = new UnclaimedErrands(now, limits);
    this.branches = new Branches(now, limits);
    this.#servers = new Servers(limits.servers);
  }

  /** A message that came over a link. Returns whether it was of use. */
  receive(text: string, from: Link): boolean {
    const message = read(text);
    if (message !== undefined && this.#take(message, from)) {
      from.prove();
      return true;
    }
    this.dropped[message?.isRequest === false ? 'responses' : 'requests']++;
    const { transport, address, port } = from;
    this.#logger.debug(
      { transport, address, port, startLine: message?.startLine },
      'Dropped what came to the egress relay',
    );
    return false;
  }

  #take(message: SipMessage, from: Link): boolean {
    try {
      return message.isRequest ? this.#request(message, from) : this.#response(message);
    } catch (error) {
      // What one peer sends must not end the process that serves all others.
      this.#occasionally.error({ err: error, startLine: message.startLine }, 'A message could not be relayed');
      return false;
    }
  }

  /** A link to a next hop cannot be made or has ended: the server gets its answers at once. */
  lost(link: Link): void {
    const waiting = this.branches.waitingFor(link);
    for (const branch of waiting) this.#fail(branch, 503);
    const { address: host, port, transport } = link;
    if (waiting.length > 0) this.#unreached({ host, port, transport }, 'it takes no connections, or has ended one');
  }

  /** Tells of each next hop by itself. */
  #unreached({ host, port, transport }: NextHop, reason: string): void {
    const where = 'see CORE_NEXT_HOP, EMERGENCY_NEXT_HOP and the Service-Route of the registrar';
    this.#occasionally.warn({ host, port, transport, reason }, `A next hop cannot be reached: ${where}`, host);
  }

  sweep(): void {
    this.errands.sweep();
    this.branches.sweep();
  }

  /**
   * Requests without an errand are believed to the SIP server alone, and to the core inside a dialog that began here.
   * A stranger gets no answer: over UDP it could be meant for somebody else, whose address he wrote on the packet.
   */
  #request(request: SipMessage, from: Link): boolean {
    const id = this.branches.idFor(request);
    if (id === undefined) return false;
    const ids = request.values(errandKey);
    request.remove(errandKey);
    const branch = this.branches.get(id);
    if (branch) return this.#again(id, branch, request, from);
    const { method } = request;
    const errand = method === 'ACK' || method === 'CANCEL' ? undefined : this.#errandOf(ids);
    const onward = request.clone();
    const bound = errand ? undefined : this.#callIds.carryOn(onward, from);
    if (errand) this.#servers.add(from);
    else if (bound !== 'for-server' && !this.#servers.has(from)) return false;
    if (errand ?? (method !== 'CANCEL' && tagOf(request.get('to')) !== undefined))
      this.#open(id, { request, onward, bound }, from, errand);
    else if (method !== 'ACK') this.#answer(request, from, method === 'CANCEL' ? 481 : 500);
    return true;
  }

  /** UEs may write such a header too: theirs mean nothing. */
  #errandOf(ids: readonly string[]): Errand | undefined {
    return ids.map((id) => this.errands.take(id)).find((errand) => errand !== undefined);
  }

  /** A repetition, a CANCEL, or the ACK of a non-2xx response. */
  #again(id: string, branch: Branch, request: SipMessage, from: Link): boolean {
    if (!this.#servers.has(from) && !isSamePeer(branch.back, from)) return false;
    const { method } = request;
    const { sent, answer } = branch;
    if (method === branch.method) {
      if (answer !== undefined) branch.back.send(answer);
      // A connection loses nothing.
      else if (sent?.onward.transport === 'udp') sent.onward.send(sent.text);
    } else if (branch.method !== 'INVITE' || (method !== 'CANCEL' && method !== 'ACK')) return false;
    else if (method === 'CANCEL' && (answer !== undefined || !sent)) this.#answer(request, from, 481);
    else if (sent) {
      request.requestUri = sent.request.requestUri;
      request.set('Call-ID', sent.request.callId);
      setRoutes(request, sent.request.lines('route'));
      sent.onward.send(finish(request, id, sent.onward));
    }
    return true;
  }

  /** `onward` is what is to go on of the request. */
  #open(
    id: string,
    { request, onward, bound }: { request: SipMessage; onward: SipMessage; bound: Bound | undefined },
    from: Link,
    errand: Errand | undefined,
  ): void {
    const isAck = request.method === 'ACK';
    const branch = isAck ? undefined : this.branches.open(id, request, from, errand);
    if (!branch && !isAck) {
      this.#answer(request, from, 503);
      return;
    }
    const fail = (status: AnswerStatus) => branch && this.#fail(branch, status);
    let hop: NextHop;
    try {
      if (errand?.requestUri !== undefined) onward.requestUri = errand.requestUri;
      if (errand) setRoutes(onward, errand.routes);
      if (errand && beginsDialog(onward)) this.#callIds.begin(onward, from);
      if (errand?.contact !== undefined) onward.set('Contact', errand.contact);
      // In a dialog that has the relay as its next hop for want of a Record-Route (RFC 3261 §16.6, item 6).
      hop = errand
        ? nextHopOf(errand.nextHop)
        : nextHopOf(uriOf(onward.values('route')[0] ?? `<${onward.requestUri}>`), from.transport);
    } catch (error) {
      this.#occasionally.error({ err: error, method: request.method }, 'A request cannot be sent to the core');
      fail(500);
      return;
    }
    this.#network.locate(hop, (destination) => {
      if (branch?.isFinal === true) return;
      if (!destination) this.#unreached(hop, 'its name does not resolve');
      const isOwn = destination && this.#network.isOwn(destination);
      // Else anybody who has seen the Record-Route could send to anywhere by way of the relay.
      const isAstray = destination && bound === 'for-server' && !this.#servers.has(destination);
      if (isOwn === true || isAstray === true) fail(482);
      else this.#send(id, onward, branch, destination && this.#network.linkTo(destination));
    });
  }

  #send(id: string, request: SipMessage, branch: Branch | undefined, onward: Link | undefined): void {
    if (!onward) {
      if (branch) this.#fail(branch, 503);
      return;
    }
    const text = finish(request.clone(), id, onward);
    if (branch) branch.sent = { request, text, onward };
    onward.send(text);
  }

  #response(response: SipMessage): boolean {
    const id = response.topVia?.branch ?? '';
    const branch = this.branches.get(id);
    const method = response.cseq?.method;
    if (!branch?.sent || branch.answer !== undefined || response.values('via').length < 2) return false;
    const isOfCancel = method === 'CANCEL' && branch.method === 'INVITE';
    if (method !== branch.method && !isOfCancel) return false;
    response.removeFirst('via');
    response.set('Call-ID', branch.request.callId);
    if (isOfCancel) {
      branch.back.send(response.toString());
      return true;
    }
    // drachtio-server dies of a dialog whose target is no SIP URI; of one without a target it does not.
    const [contact] = response.values('contact');
    if (response.status < 300 && contact !== undefined && !/^sips?:/i.test(uriOf(contact))) response.remove('contact');
    dropShortSessionTimer(response);
    this.branches.answered(branch, response.status);
    branch.back.send(response.toString());
    return true;
  }

  #fail(branch: Branch, status: AnswerStatus): void {
    if (branch.isFinal) return;
    this.branches.answered(branch, status);
    branch.answer = this.#answerTo(branch.request, status);
    branch.back.send(branch.answer);
  }

  #answer(request: SipMessage, to: Link, status: AnswerStatus): void {
    to.send(this.#answerTo(request, status));
  }

  #answerTo(request: SipMessage, status: AnswerStatus): string {
    const headers = status === 503 ? { 'Retry-After': '5' } : {};
    return responseTo(request, { status, reason: reasons[status], headers }, this.#tag).toString();
  }
}

function beginsDialog(request: SipMessage): boolean {
  return (request.method === 'INVITE' || request.method === 'SUBSCRIBE') && tagOf(request.get('to')) === undefined;
}

function isSamePeer(one: Link, other: Link): boolean {
  return one.transport === other.transport && one.address === other.address && one.port === other.port;
}

/** `undefined` for what is no SIP, or is cut off. */
function read(text: string): SipMessage | undefined {
  const message = parseSipMessage(text)?.message;
  if (message?.cseq === undefined || !message.topVia) return undefined;
  if (message.isRequest && message.cseq.method !== message.method) return undefined;
  const end = text.indexOf('\r\n\r\n');
  const stated = contentLengthOf(text.slice(0, end < 0 ? text.length : end)) ?? String(message.body.length);
  const length = Number(stated);
  if (!/^\d+$/.test(stated) || length > message.body.length) return undefined;
  // A datagram may be longer than its message (RFC 3261 §18.3).
  message.body = message.body.slice(0, length);
  return message;
}

function setRoutes(request: SipMessage, routes: readonly string[]): void {
  request.remove('route');
  for (const route of routes) request.add('Route', route);
}

/** The request as it goes out over a link. Its Max-Forwards is the server's; the server's ACKs may have none. */
function finish(request: SipMessage, id: string, { transport, sentBy }: Link): string {
  if (!request.has('max-forwards')) request.add('Max-Forwards', '70');
  // Asked for on UDP alone (RFC 3581 §3).
  const rport = transport === 'udp' ? ';rport' : '';
  request.prepend('Via', `SIP/2.0/${transport.toUpperCase()} ${sentBy}${rport};branch=${id}`);
  return request.toString();
}

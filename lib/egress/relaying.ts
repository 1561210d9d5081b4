import { randomBytes } from 'node:crypto';
import type { Logger } from '../ops/logger';
import { OccasionalLog } from '../ops/occasional-log';
import { answerToUnsound, noSuchDialog } from '../fence/own-answers';
import type { CarriedBodies } from '../wire/carried-bodies';
import { cancelOf } from '../wire/cancel';
import { isLastNotify, mendAnswerToLastNotify } from '../wire/last-notify';
import { responseTo, type OwnResponse } from '../wire/own-response';
import { errandHeader } from '../wire/private-headers';
import { markSource } from '../wire/source-mark';
import { parseSipMessage, type SipMessage } from '../wire/sip-message';
import { tagOf, uriOf } from '../wire/sip-uri';
import { Branches, type Branch, type Sent } from './branches';
import type { CoreHops } from './core-hops';
import { CoreEntry, type ServerContact } from './core-entry';
import { CoreFence } from './core-fence';
import { nextHopOf, type Errand, type NextHop } from './errand';
import type { Limits } from './limits';
import type { Destination, Link } from './link';
import { isNobody, nobody } from './nobody';
import { OwnCallIds, type Carried } from './own-call-ids';
import { RelayedDialogs } from './relayed-dialogs';
import {
  beginsDialog,
  finish,
  isSameHost,
  isSamePeer,
  mendForCore,
  mendForServer,
  read,
  setRoutes,
} from './relayed-messages';
import { Servers } from './servers';
import { refusalOf } from './surplus-answers';
import { UdpOnly } from './udp-only';
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
  403: 'Forbidden',
  413: 'Request Entity Too Large',
  481: 'Call/Transaction Does Not Exist',
  482: 'Loop Detected',
  500: 'Server Internal Error',
  503: 'Service Unavailable',
} as const;

type AnswerStatus = keyof typeof reasons;

const errandKey = errandHeader.toLowerCase();

export interface RelayingSurroundings {
  contacts?: readonly ServerContact[];
  bodies?: CarriedBodies | undefined;
  hops?: CoreHops | undefined;
}

interface Arrived {
  /** As it came. */
  request: SipMessage;
  /** What is to go on of it. */
  onward: SipMessage;
  carried: Carried | undefined;
}

interface Onward extends Omit<Arrived, 'carried'> {
  errand: Errand | undefined;
  isForServer: boolean;
  /** Where to, if a Path led it here. */
  entered?: Destination | undefined;
  /** Where to, if neither errand nor Route says it. */
  nextHop?: string | undefined;
}

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
  readonly #dialogs: RelayedDialogs;
  readonly #entry: CoreEntry;
  readonly #fence: CoreFence;
  readonly #udpOnly: UdpOnly;
  readonly #bodies: CarriedBodies | undefined;
  readonly #hops: CoreHops | undefined;
  readonly #network: Network;
  readonly #logger: Logger;
  readonly #occasionally: OccasionalLog;
  readonly #tag = randomBytes(8).toString('hex');

  /**
   * @param now a clock in ms.
   * @param contacts where the SIP server takes what the core sends
   * @param bodies what goes past it
   * @param hops where requests for the core may go; unset: anywhere
   */
  constructor(
    network: Network,
    logger: Logger,
    limits: Limits,
    now: () => number,
    { contacts = [], bodies, hops }: RelayingSurroundings = {},
  ) {
    this.#network = network;
    this.#logger = logger;
    this.#occasionally = new OccasionalLog(logger);
    this.errands = new UnclaimedErrands(now, limits);
    this.branches = new Branches(now, limits);
    this.#servers = new Servers(limits.servers);
    this.#dialogs = new RelayedDialogs(limits.branches);
    this.#entry = new CoreEntry(contacts);
    const cancel = (text: string, id: string) => this.branches.get(id)?.sent?.onward.send(text);
    this.#fence = new CoreFence({ limit: limits.branches, now, cancel });
    this.#udpOnly = new UdpOnly(now);
    this.#bodies = bodies;
    this.#hops = hops;
    for (const { transports, ...at } of contacts) {
      for (const transport of transports) this.#servers.add({ transport, ...at });
    }
  }

  /** A message that came over a link. Returns whether it was of use. `isTooLarge`: there is its head alone. */
  receive(text: string, from: Link, isTooLarge = false): boolean {
    const message = isTooLarge ? parseSipMessage(text)?.message : read(text);
    if (isTooLarge && message?.topVia) {
      if (message.isRequest && message.method !== 'ACK') this.#answer(message, from, 413);
      return true;
    }
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
    const waiting = this.branches.waitingFor(link).filter(([id, branch]) => !this.#isSentOverUdp(id, branch));
    for (const [, branch] of waiting) this.#fail(branch, 503);
    const { address: host, port, transport } = link;
    if (waiting.length > 0) this.#unreached({ host, port, transport }, 'it takes no connections, or has ended one');
  }

  /** Tells of each next hop by itself. */
  #unreached({ host, port, transport }: NextHop, reason: string): void {
    const where = 'see CORE_NEXT_HOP, EMERGENCY_NEXT_HOP and the Service-Route of the registrar';
    this.#occasionally.warn({ host, port, transport, reason }, `A next hop cannot be reached: ${where}`, host);
  }

  /** The server has taken the 2xx to its SUBSCRIBE. */
  subscribed(callId: string): void {
    this.#fence.subscribed(callId);
    this.#dialogs.subscribed(callId);
  }

  /** The SIP server is lost: it will not cancel what it has sent, nor answer what the core has. */
  serverLost(): void {
    for (const [id, branch] of this.branches.unansweredInvites()) {
      const { sent, isForServer } = branch;
      if (isForServer) this.#fail(branch, 503);
      else if (sent) {
        const cancel = cancelOf(sent.request);
        cancel.remove('via');
        setRoutes(cancel, sent.request.lines('route'));
        sent.onward.send(finish(cancel, id, sent.onward));
      }
    }
  }

  sweep(): void {
    this.errands.sweep();
    this.branches.sweep();
    this.#dialogs.sweep(this.branches);
    this.#fence.sweep((id) => this.branches.get(id) !== undefined);
    // Nobody else repeats these.
    for (const { sent } of this.branches.of(nobody.udp)) if (sent && sent.text !== '') sent.onward.send(sent.text);
  }

  /**
   * Requests without an errand are believed to the SIP server alone, and to the core inside a dialog that goes by the
   * relay, or where a Path led it here. A stranger gets no answer: over UDP it could be meant for somebody else, whose
   * address he wrote on the packet.
   */
  #request(request: SipMessage, from: Link): boolean {
    const id = this.branches.idFor(request);
    if (id === undefined) return false;
    const { method } = request;
    const ids = request.values(errandKey);
    const branch = this.branches.get(id);
    const errand = branch || method === 'ACK' || method === 'CANCEL' ? undefined : this.#errandOf(ids);
    if (errand) this.#servers.add(from);
    const isOfServer = this.#servers.has(from);
    const isWhole = mendForCore(request, isOfServer ? this.#bodies : undefined);
    if (branch) return this.#again(id, branch, request, from);
    const onward = request.clone();
    request.body = '';
    const carried = errand ? undefined : this.#callIds.carryOn(onward, from);
    if (!errand && this.#ofCore(id, { request, onward, carried }, from)) return true;
    if (!isOfServer) return false;
    this.#dialogs.toCore(onward, request.callId);
    const isOnItsWay = errand ?? (method !== 'CANCEL' && tagOf(request.get('to')) !== undefined);
    if (isWhole && isOnItsWay)
      this.#open(id, { request, onward, errand, isForServer: false, nextHop: carried?.nextHop }, from);
    else if (method !== 'ACK') this.#answer(request, from, method === 'CANCEL' ? 481 : 500);
    return true;
  }

  /** A request that goes on to the server. False: it is none. */
  #ofCore(id: string, { request, onward, carried }: Arrived, from: Link): boolean {
    if (carried?.bound === 'for-core') return false;
    const entered = carried ? undefined : this.#entry.admit(onward, from);
    if (!carried && !entered) return false;
    markSource(request, from.address, from.port);
    markSource(onward, from.address, from.port);
    // The server would follow a Route inside a dialog to wherever it leads.
    if (carried) onward.remove('route');
    if (carried) this.#dialogs.toServer(onward);
    const refusal = answerToUnsound(onward, false, undefined) ?? this.#fence.refusal(onward);
    if (refusal) return this.#refuseOfCore(request, from, refusal);
    if (entered && beginsDialog(onward)) {
      this.#callIds.follow(onward, from, 'for-server', { server: entered.transport, core: from.transport });
    }
    const pass = () => {
      this.#bodies?.take(onward);
      this.#open(id, { request, onward, errand: undefined, isForServer: true, entered }, from);
    };
    const settle = (isSubscribed: boolean) => (isSubscribed ? pass() : this.#refuseOfCore(request, from, noSuchDialog));
    if (this.#dialogs.holds(onward, id, settle)) return true;
    const tooEarly = this.#fence.refusalOfEarly(onward);
    if (tooEarly) return this.#refuseOfCore(request, from, tooEarly);
    pass();
    return true;
  }

  #refuseOfCore(request: SipMessage, from: Link, refusal: OwnResponse): true {
    const answer = responseTo(request, refusal, this.#tag);
    if (request.method !== 'ACK') this.#backTo(request, from).send(answer.toString());
    return true;
  }

  /** UEs may write such a header too: theirs mean nothing. */
  #errandOf(ids: readonly string[]): Errand | undefined {
    return ids.map((id) => this.errands.take(id)).find((errand) => errand !== undefined);
  }

  /** A repetition, a CANCEL, or the ACK of a non-2xx response. */
  #again(id: string, branch: Branch, request: SipMessage, from: Link): boolean {
    const isSender = branch.isForServer ? isSameHost : isSamePeer;
    if (!this.#servers.has(from) && !isSender(branch.back, from)) return false;
    const { method } = request;
    const { sent, answer } = branch;
    if (method === branch.method) {
      if (answer !== undefined) branch.back.send(answer);
      else if (sent && (sent.onward.isConnecting !== true || !this.#isSentOverUdp(id, branch))) {
        if (sent.text !== '') sent.onward.send(sent.text);
      }
    } else if (branch.method !== 'INVITE' || (method !== 'CANCEL' && method !== 'ACK')) return false;
    else if (method === 'CANCEL' && (answer !== undefined || !sent)) this.#answer(request, branch.back, 481);
    else if (branch.isForServer && !this.#fence.isOfInvite(request, branch.request, branch.isFinal)) {
      if (method === 'CANCEL') this.#answer(request, branch.back, 481);
    } else if (sent) {
      if (method === 'ACK') this.#fence.refusalAcknowledged(id);
      request.requestUri = sent.request.requestUri;
      request.set('Call-ID', sent.request.callId);
      setRoutes(request, sent.request.lines('route'));
      sent.onward.send(finish(request, id, sent.onward));
    }
    return true;
  }

  /** `onward` is what is to go on of the request; `entered`: where to, where a Path led it here. */
  #open(id: string, { request, onward, errand, isForServer, entered, nextHop }: Onward, from: Link): void {
    const isAck = request.method === 'ACK';
    if (!isForServer && !isNobody(from)) this.#fence.requestToCore(id, request);
    const back = this.#servers.has(from) || isNobody(from) ? from : this.#backTo(request, from);
    const branch = isAck ? undefined : this.branches.open(id, { request, back, isForServer });
    if (!branch && !isAck) {
      this.#answer(request, back, 503);
      return;
    }
    if (entered) {
      this.#send(id, onward, branch, entered);
      return;
    }
    const fail = (status: AnswerStatus) => branch && this.#fail(branch, status);
    let hop: NextHop;
    try {
      if (errand?.requestUri !== undefined) onward.requestUri = errand.requestUri;
      if (errand) setRoutes(onward, errand.routes);
      if (errand?.contact !== undefined) onward.set('Contact', errand.contact);
      // In a dialog that has the relay as its next hop for want of a Record-Route (RFC 3261 §16.6, item 6).
      const [route] = onward.values('route');
      const next = route === undefined ? (nextHop ?? onward.requestUri) : uriOf(route);
      hop = errand ? nextHopOf(errand.nextHop) : nextHopOf(next, from.transport);
      if (errand && beginsDialog(onward)) this.#dialogs.begin(onward, from.sentBy);
      if (errand && beginsDialog(onward)) this.#beginDialog(onward, errand, from, hop);
    } catch (error) {
      this.#occasionally.error({ err: error, method: request.method }, 'A request cannot be sent to the core');
      fail(500);
      return;
    }
    this.#network.locate(hop, (located) => {
      if (branch?.isFinal === true) return;
      if (!located) this.#unreached(hop, 'its name does not resolve');
      const destination = located && isForServer ? this.#entry.reachable(located) : located;
      const isOwn = destination && this.#network.isOwn(destination);
      // Else anybody who has seen the Record-Route could send to anywhere by way of the relay.
      const isAstray = destination && isForServer && !this.#servers.has(destination);
      if (isOwn === true || isAstray === true) fail(482);
      else if (destination && !isForServer && this.#isMisplaced(hop, destination)) fail(403);
      else this.#send(id, onward, branch, destination);
    });
  }

  #isMisplaced(hop: NextHop, destination: Destination): boolean {
    const reason = this.#hops?.fault(hop, destination);
    if (reason === undefined) return false;
    const { transport, address, port } = destination;
    this.#occasionally.warn({ transport, address, port, reason }, 'nothing is sent to a next hop that the core names');
    return true;
  }

  #beginDialog(request: SipMessage, errand: Errand, from: Link, hop: NextHop): void {
    if (errand.keepsCallId !== true) this.#callIds.begin(request, from);
    else {
      const { nextHop } = errand;
      this.#callIds.follow(request, from, 'for-core', { server: from.transport, core: hop.transport, nextHop });
    }
  }

  #send(id: string, request: SipMessage, branch: Branch | undefined, destination: Destination | undefined): void {
    const asAsked = destination && this.#network.linkTo(destination);
    if (!destination || !asAsked) {
      if (branch) this.#fail(branch, 503);
      return;
    }
    const wired = request.clone();
    const text = finish(wired, id, asAsked);
    if (branch?.isForServer === true) this.#fence.requestToServer(id, wired);
    // A connection to the server would be no gain: it is at this machine, and bodies go past it.
    const way = branch?.isForServer === true ? destination : this.#udpOnly.wayFor(destination, text.length);
    const connection = way === destination ? undefined : this.#network.linkTo(way);
    const onward = connection ?? asAsked;
    const overUdp = connection && destination;
    if (branch) this.branches.sent(branch, { request, text: onward.transport === 'udp' ? text : '', onward, overUdp });
    onward.send(connection ? finish(request.clone(), id, connection) : text);
  }

  /** Whether a request, too large for a datagram, goes in one all the same: its next hop takes no connection. */
  #isSentOverUdp(id: string, branch: Branch): boolean {
    const { request, overUdp } = branch.sent ?? {};
    const onward = overUdp && this.#network.linkTo(overUdp);
    if (!onward || !request) return false;
    this.#udpOnly.learn(overUdp);
    const text = finish(request.clone(), id, onward);
    this.branches.sent(branch, { request, text, onward, overUdp: undefined });
    onward.send(text);
    return true;
  }

  /** Where the response to a request of the core goes (RFC 3261 §18.2.2, RFC 3581 §4). */
  #backTo(request: SipMessage, from: Link): Link {
    if (from.transport === 'tcp') return from;
    const [top = ''] = request.values('via');
    const port = /;\s*rport\b/i.test(top) ? from.port : (request.topVia?.port ?? 5060);
    const { transport, address } = from;
    return port === from.port ? from : (this.#network.linkTo({ transport, address, port }) ?? from);
  }

  #response(response: SipMessage): boolean {
    const id = response.topVia?.branch ?? '';
    const branch = this.branches.get(id);
    const method = response.cseq?.method;
    if (!branch?.sent || branch.answer !== undefined) return false;
    const isOfCancel = method === 'CANCEL' && branch.method === 'INVITE';
    if (method !== branch.method && !isOfCancel) return false;
    if (isNobody(branch.back)) {
      this.branches.answered(branch, response.status);
      return true;
    }
    if (response.values('via').length < 2) return false;
    const passage = isOfCancel ? 'passes' : this.#dialogs.response(branch.request, response);
    if (passage !== 'passes') {
      this.#refuse(branch.sent, response, passage === 'surplus');
      return true;
    }
    if (!isOfCancel && branch.isForServer) this.#fence.responseToCore(id, response);
    else if (!isOfCancel && !this.#fence.responseToServer(id, response, branch.isFinal)) return true;
    response.removeFirst('via');
    response.set('Call-ID', branch.request.callId);
    if (isOfCancel) {
      branch.back.send(response.toString());
      return true;
    }
    if (branch.isForServer && isLastNotify(branch.request)) mendAnswerToLastNotify(response);
    const mend = branch.isForServer ? mendForCore : mendForServer;
    if (!mend(response, this.#bodies)) return false;
    this.branches.answered(branch, response.status);
    branch.back.send(response.toString());
    this.#dialogs.answered(branch.request, response.status);
    return true;
  }

  /** Acknowledges the 2xx of a fork that nobody waits for, and hangs up on its first. */
  #refuse({ request: invite, onward: { transport, sentBy } }: Sent, answer: SipMessage, isFirst: boolean): void {
    const refusal = refusalOf(invite, answer, sentBy);
    const send = (request: SipMessage) => {
      const id = `z9hG4bK${randomBytes(16).toString('hex')}`;
      this.#open(id, { request, onward: request.clone(), errand: undefined, isForServer: false }, nobody[transport]);
    };
    if (refusal) send(refusal.ack);
    if (refusal && isFirst) send(refusal.bye);
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

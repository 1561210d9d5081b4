import { isLastNotify, mendAnswerToLastNotify } from '../drachtio/fence/last-notify';
import { answerToUnsound, noSuchDialog } from '../drachtio/fence/own-answers';
import { askForReliability } from '../drachtio/fence/required-reliability';
import { silenceMs } from '../drachtio/fence/silent-ends';
import { dropRoutes } from '../drachtio/fence/toward-server';
import type { Logger } from '../ops/logger';
import { OccasionalLog } from '../ops/occasional-log';
import type { CarriedBodies } from '../drachtio/fence/carried-bodies';
import { beginsDialog } from '../drachtio/fence/dialog-makers';
import type { OwnResponse } from '../wire/own-response';
import { notesIn } from '../drachtio/fence/hidden-headers';
import { markSource } from '../wire/source-mark';
import { parseSipMessage, type SipMessage } from '../wire/sip-message';
import { Branches, type Branch } from './branches';
import { CoreEntry } from './core-entry';
import type { EgressRelayOptions } from './egress-relay';
import { CoreFence } from '../drachtio/fence/core-fence';
import type { Errand } from './errand';
import type { Limits } from './limits';
import { isSameHost, isSamePeer, type Link } from '../wire/link';
import { isNobody, nobody } from './nobody';
import { OnwardRequests, type Network, type RelayParts } from './onward-requests';
import { OwnCallIds, type Carried } from '../drachtio/fence/own-call-ids';
import { RelayedDialogs } from './relayed-dialogs';
import { holderOfCall, holderOfEntered, mendForCore, mendForServer, read } from './relayed-messages';
import { Servers } from './servers';
import { UdpOnly } from './udp-only';
import { UnclaimedErrands } from './unclaimed-errands';
import { UnconfirmedAnswers } from '../drachtio/fence/unconfirmed-answers';

interface Arrived {
  /** As it came. */
  request: SipMessage;
  /** What is to go on of it. */
  onward: SipMessage;
  carried: Carried | undefined;
}

/**
 * What becomes of each message that reaches the egress relay: a proxy (RFC 3261 §16) without timers of its own,
 * since the hop before it has the transport of the hop behind it, and the SIP server's repetitions serve for both.
 * It decides what may pass, and `OnwardRequests` sends it.
 */
export class Relaying {
  readonly errands: UnclaimedErrands;
  readonly branches: Branches;
  /** Messages that nothing was done with: requests of strangers, responses to nothing. */
  readonly dropped = { requests: 0, responses: 0 };
  readonly #unconfirmed: UnconfirmedAnswers;
  readonly #parts: RelayParts;
  readonly #onward: OnwardRequests;
  readonly #bodies: CarriedBodies | undefined;
  readonly #logger: Logger;

  /** @param now a clock in ms. */
  constructor(
    network: Network,
    logger: Logger,
    limits: Limits,
    now: () => number,
    { server = [], bodies, hops }: Pick<EgressRelayOptions, 'server' | 'bodies' | 'hops'> = {},
  ) {
    this.#logger = logger;
    this.errands = new UnclaimedErrands(now, limits);
    this.branches = new Branches(now, limits);
    this.#unconfirmed = new UnconfirmedAnswers(limits.branches);
    const cancel = (text: string, id: string) => this.branches.get(id)?.sent?.onward.send(text);
    this.#parts = {
      ...{ network, hops, branches: this.branches, udpOnly: new UdpOnly(now) },
      occasionally: new OccasionalLog(logger),
      servers: new Servers(limits.servers),
      callIds: new OwnCallIds(),
      dialogs: new RelayedDialogs(limits.branches),
      entry: new CoreEntry(server),
      fence: new CoreFence({ limits, now, cancel }),
    };
    this.#onward = new OnwardRequests(this.#parts);
    this.#bodies = bodies;
    for (const { transports, ...at } of server) {
      for (const transport of transports) this.#parts.servers.add({ transport, ...at });
    }
  }

  /** A message that came over a link. Returns whether it was of use. `isTooLarge`: there is its head alone. */
  receive(text: string, from: Link, isTooLarge = false): boolean {
    const message = isTooLarge ? parseSipMessage(text)?.message : read(text);
    if (isTooLarge && message?.topVia) {
      if (message.isRequest && message.method !== 'ACK') this.#onward.answer(message, from, 413);
      return true;
    }
    if (message !== undefined && this.#take(message, from)) {
      from.prove();
      return true;
    }
    this.dropped[message?.isRequest === false ? 'responses' : 'requests']++;
    const { transport, address, port } = from;
    const about = { transport, address, port, startLine: message?.startLine };
    this.#logger.debug(about, 'Dropped what came to the egress relay');
    return false;
  }

  #take(message: SipMessage, from: Link): boolean {
    try {
      return message.isRequest ? this.#request(message, from) : this.#response(message);
    } catch (error) {
      // What one peer sends must not end the process that serves all others.
      this.#parts.occasionally.error({ err: error, startLine: message.startLine }, 'A message could not be relayed');
      return false;
    }
  }

  /** Whether the SIP server is at the other end. */
  isServer(link: Link): boolean {
    return this.#parts.servers.has(link);
  }

  /** A link to a next hop cannot be made or has ended. */
  lost(link: Link): void {
    this.#onward.lost(link);
  }

  /** The server has taken the 2xx to its SUBSCRIBE. */
  subscribed(callId: string): void {
    this.#parts.fence.subscribed(callId);
    this.#parts.dialogs.subscribed(callId);
  }

  /** The SIP server is lost: it will not cancel what it has sent, nor answer what the core has, nor end what it answered. */
  serverLost(): void {
    for (const [id, branch] of this.branches.unansweredInvites()) {
      const { sent, isForServer } = branch;
      if (isForServer) this.#onward.fail(branch, 503);
      else if (sent) this.#onward.cancel(id, sent);
    }
    for (const bye of this.#unconfirmed.take()) this.#onward.sendOwn(bye);
  }

  sweep(): void {
    for (const branch of this.branches.silent(silenceMs)) if (!isNobody(branch.back)) this.#onward.fail(branch, 408);
    this.errands.sweep();
    this.branches.sweep();
    this.#parts.dialogs.sweep(this.branches);
    this.#parts.fence.sweep((id) => this.branches.get(id) !== undefined);
    // Nobody else repeats these.
    for (const { sent } of this.branches.of(nobody.udp)) if (sent && sent.text !== '') sent.onward.send(sent.text);
  }

  /** Nothing is sent any more by itself. */
  close(): void {
    this.#parts.fence.close();
  }

  /**
   * Requests without an errand are believed to the SIP server alone, and to the core inside a dialog that goes by the
   * relay, or where a Path led it here. One that names the relay, and a dialog that is none, gets 481; a stranger gets no
   * answer: over UDP it could be meant for somebody else, whose address he wrote on the packet.
   */
  #request(request: SipMessage, from: Link): boolean {
    const id = this.branches.idFor(request);
    if (id === undefined) return false;
    const { method } = request;
    const ids = notesIn(request, 'Errand');
    const branch = this.branches.get(id);
    const errand = branch || method === 'ACK' || method === 'CANCEL' ? undefined : this.#errandOf(ids);
    if (errand) this.#parts.servers.add(from);
    const isOfServer = this.#parts.servers.has(from);
    const isWhole = mendForCore(request, isOfServer ? this.#bodies : undefined);
    if (branch) return this.#again(id, branch, request, from);
    const onward = request.clone();
    request.body = '';
    const carried = errand ? undefined : this.#parts.callIds.carryOn(onward, from);
    if (!errand && this.#ofCore(id, { request, onward, carried }, from)) return true;
    if (!isOfServer) {
      // A far end that has missed the end of a call, or a restart of ours, need not wait. It may be a stranger all the same.
      if (this.#parts.entry.isAstray(request, from)) this.#onward.refuse(request, from, noSuchDialog);
      return false;
    }
    this.#parts.dialogs.toCore(onward, request.callId);
    const isOnItsWay = errand ?? (method !== 'CANCEL' && request.toTag !== undefined);
    if (isWhole && isOnItsWay)
      this.#onward.open(id, { request, onward, errand, isForServer: false, nextHop: carried?.nextHop }, from);
    else if (method !== 'ACK') this.#onward.answer(request, from, method === 'CANCEL' ? 481 : 500);
    return true;
  }

  /** A request that goes on to the server. False: it is none. */
  #ofCore(id: string, { request, onward, carried }: Arrived, from: Link): boolean {
    if (carried?.bound === 'for-core') return false;
    const entered = carried ? undefined : this.#parts.entry.admit(onward, from);
    if (!carried && !entered) return false;
    markSource(request, from.address, from.port);
    markSource(onward, from.address, from.port);
    if (carried) {
      dropRoutes(onward);
      this.#parts.dialogs.toServer(onward);
    }
    const refusal = answerToUnsound(onward, false, undefined) ?? this.#parts.fence.refusal(onward);
    if (refusal) return this.#refuseOfCore(request, from, refusal);
    if (entered && beginsDialog(onward)) {
      this.#parts.callIds.follow(onward, from, 'for-server', { server: entered.transport, core: from.transport });
    }
    askForReliability(onward);
    const pass = () => {
      this.#unconfirmed.requestToServer(request);
      const isInDialog = onward.toTag !== undefined;
      this.#bodies?.take(onward, isInDialog ? holderOfCall(onward) : holderOfEntered(onward));
      this.#onward.open(id, { request, onward, isForServer: true, entered }, from);
    };
    const settle = (isSubscribed: boolean) => (isSubscribed ? pass() : this.#refuseOfCore(request, from, noSuchDialog));
    if (this.#parts.dialogs.holds(onward, id, settle)) return true;
    const tooEarly = this.#parts.fence.refusalOfEarly(onward);
    if (tooEarly) return this.#refuseOfCore(request, from, tooEarly);
    pass();
    return true;
  }

  #refuseOfCore(request: SipMessage, from: Link, refusal: OwnResponse): true {
    this.#onward.refuse(request, from, refusal);
    return true;
  }

  /** UEs may write such a header too: theirs mean nothing. */
  #errandOf(ids: readonly string[]): Errand | undefined {
    return ids.map((id) => this.errands.take(id)).find((errand) => errand !== undefined);
  }

  /** A repetition, a CANCEL, or the ACK of a non-2xx response. */
  #again(id: string, branch: Branch, request: SipMessage, from: Link): boolean {
    const isSender = branch.isForServer ? isSameHost : isSamePeer;
    if (!this.#parts.servers.has(from) && !isSender(branch.back, from)) return false;
    const { method } = request;
    const { sent, answer } = branch;
    if (method === branch.method) this.#onward.repeat(id, branch);
    else if (branch.method !== 'INVITE' || (method !== 'CANCEL' && method !== 'ACK')) return false;
    else if (method === 'CANCEL' && (answer !== undefined || !sent)) this.#onward.answer(request, branch.back, 481);
    else if (branch.isForServer && !this.#parts.fence.isOfInvite(request, branch.request, branch.isFinal)) {
      if (method === 'CANCEL') this.#onward.answer(request, branch.back, 481);
    } else if (sent) {
      if (method === 'ACK') this.#parts.fence.refusalAcknowledged(id);
      this.#onward.follow(id, request, sent);
    }
    return true;
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
    const passage = isOfCancel ? 'passes' : this.#parts.dialogs.response(branch, response);
    if (passage !== 'passes') {
      this.#onward.endSurplus(branch.sent, response, passage === 'surplus');
      return true;
    }
    if (!isOfCancel && branch.isForServer) {
      this.#parts.fence.responseToCore(id, response);
      this.#unconfirmed.responseToCore(response);
    } else if (!isOfCancel && !this.#parts.fence.responseToServer(id, response, branch.isFinal)) return true;
    response.removeFirst('via');
    response.set('Call-ID', branch.request.callId);
    if (isOfCancel) {
      branch.back.send(response.toString());
      return true;
    }
    if (branch.isForServer && isLastNotify(branch.request)) mendAnswerToLastNotify(response);
    const isWhole = branch.isForServer
      ? mendForCore(response, this.#bodies)
      : mendForServer(response, this.#bodies, branch.holder);
    if (!isWhole) return false;
    this.branches.answered(branch, response.status);
    branch.back.send(response.toString());
    this.#parts.dialogs.answered(branch.request, response.status);
    return true;
  }
}

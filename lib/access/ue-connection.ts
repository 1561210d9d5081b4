import { randomBytes } from 'node:crypto';
import { createConnection, isIP, type Socket } from 'node:net';
import { InviteTransactions } from '../fence/invite-transactions';
import { answerInPlaceOfSilence, answerToUnsound, ended, foreignCall, noSuchDialog } from '../fence/own-answers';
import { RefreshedTargets } from '../fence/refreshed-targets';
import { askForReliability } from '../fence/required-reliability';
import { mendResponse } from '../fence/responses';
import { silenceMs, SilentUe } from '../fence/silent-ends';
import { UnansweredInvites } from '../fence/unanswered-invites';
import { answerToUnusable } from '../fence/unusable-uris';
import { networkOf } from '../ip-address';
import { holderOf, type CarriedBodies } from '../wire/carried-bodies';
import { responseTo, type OwnResponse } from '../wire/own-response';
import { tagOf } from '../wire/sip-uri';
import { SocketCarriage, type Carriage } from '../wire/carriage';
import { markSource } from '../wire/source-mark';
import { detached, parseSipMessage, type SipMessage } from '../wire/sip-message';
import { SipStream } from '../wire/sip-stream';
import type { Cut } from '../wire/stream-framer';
import type { AccessFlow, EstablishedDialog, HeldRegistration } from './access-flow';
import type { CallOwners } from './call-owners';
import { branchAtServer, Crossing } from './crossing';
import type { AccessLimits } from './limits';
import { LastWords } from './last-words';
import { RequestGate, tooMany, type GateSurroundings } from './request-gate';
import { UeDialogs } from './ue-dialogs';

/** A UE that has connected. */
export interface ConnectedUe {
  readonly carriage: Carriage;
  readonly transport: 'tcp' | 'tls';
  /** Where it is, or the NAT that it is behind. */
  readonly address: string;
  readonly port: number;
  /** Where it is shown that it reached us. */
  readonly contact: { readonly host: string; readonly port: number };
}

export interface UeConnectionEvents {
  /** It has reached the SIP server. */
  opened(flow: AccessFlow): void;
  /** The SIP server did not take it. */
  refused(error: Error | undefined): void;
  /**
   * A registration was accepted, or a call answered: it is no stranger's. May be told more than once.
   * @param account whose it is, by its first registration
   */
  proved(account: string | undefined): void;
  /** It is a stranger's again: nothing is registered any more, and no answered call is left. */
  unproved(): void;
  /** Told once. `flow` is missing if it never reached the SIP server; `fault` is an error of ours that a message caused. */
  closed(flow: AccessFlow | undefined, fault?: unknown): void;
}

/** The longest registration that an idle connection is kept for, s: setTimeout counts no further than 24 days. */
const longestRegistration = 2_000_000;

/** A UE's connection, and from its first message on the one to the SIP server that carries the same messages. */
export class UeConnection {
  readonly #connected: ConnectedUe;
  readonly #serverAt: { readonly address: string; readonly port: number };
  readonly #limits: AccessLimits;
  readonly #events: UeConnectionEvents;
  readonly #ue: SipStream;
  #server: SipStream | undefined;
  #flow: AccessFlow | undefined;
  #crossing: Crossing | undefined;
  /** What the UE sent while the SIP server had not taken the connection yet. */
  #waiting: SipMessage[] = [];
  #waitingBytes = 0;
  readonly #owners: CallOwners;
  readonly #bodies: CarriedBodies | undefined;
  /** Call-IDs of calls that were begun here, the latest last. */
  readonly #calls = new Set<string>();
  /** Ends who keeps a place and does nothing with it: keep-alives alone would hold it for ever. */
  #stranger: NodeJS.Timeout | undefined;
  #isRegistered = false;
  readonly #unanswered: UnansweredInvites;
  readonly #invites: InviteTransactions;
  readonly #asked: SilentUe;
  readonly #dialogs: UeDialogs;
  readonly #targets: RefreshedTargets;
  readonly #lastWords: LastWords;
  readonly #gate: RequestGate;
  #closed = false;
  #farewell: NodeJS.Timeout | undefined;
  /** Resolves when nothing is open any more, neither here nor at the SIP server. */
  readonly gone: Promise<void>;
  #goneNow: () => void = () => undefined;

  constructor(
    connected: ConnectedUe,
    server: { readonly address: string; readonly port: number },
    shared: {
      readonly owners: CallOwners;
      readonly gates: GateSurroundings;
      readonly bodies?: CarriedBodies | undefined;
    },
    limits: AccessLimits,
    events: UeConnectionEvents,
  ) {
    this.#connected = connected;
    this.#serverAt = server;
    this.#owners = shared.owners;
    this.#bodies = shared.bodies;
    this.#limits = limits;
    this.#events = events;
    this.gone = new Promise((resolve) => (this.#goneNow = resolve));
    this.#dialogs = new UeDialogs({
      limit: limits.calls,
      heldBytes: limits.heldBytes,
      send: (request) => this.#toServer(request),
      refuse: (request, answer) => this.#answer(request, answer),
      begun: (callId) => this.#owners.claim(callId, this),
      forgotten: (callId) => {
        if (!this.#calls.has(callId)) this.#owners.release(callId, this);
      },
    });
    this.#targets = new RefreshedTargets(limits.calls);
    this.#invites = new InviteTransactions(limits.calls);
    const send = (answer: string) => this.#server?.send(answer);
    this.#asked = new SilentUe({ within: silenceMs, most: limits.calls, send });
    this.#lastWords = new LastWords(limits.calls);
    this.#unanswered = new UnansweredInvites({
      limit: limits.calls,
      limitBytes: limits.unansweredBytes,
      acknowledgedWithin: limits.acknowledgement,
      send: (cancel) => this.#server?.send(cancel),
    });
    this.#gate = new RequestGate(shared.gates, networkOf(connected.address), (request) => this.#silent(request));
    this.#ue = new SipStream(
      connected.carriage,
      'accepted',
      { ...limits, unsent: limits.unsentToStranger },
      {
        message: (text, cut) => this.#fromUe(text, cut),
        closed: (_connecting, fault) => this.#close(fault),
        mayRead: (bytes) => this.#gate.takesBytes(bytes),
      },
    );
    this.#ue.limitIdleness(limits.idle);
    this.#limitStranger();
  }

  close(): void {
    this.#ue.close();
  }

  /** Ends the UE's calls toward it, since the SIP server has lost them. */
  endCalls(): void {
    if (!this.#crossing) return;
    for (const words of this.#lastWords.take(this.#crossing.towardUe)) this.#ue.send(words);
  }

  /** The app got the UE's answer that made this dialog. */
  established(dialog: EstablishedDialog): void {
    this.#dialogs.established(dialog);
  }

  /** A UE that sends no keep-alives is silent until its registration has to be renewed. */
  registered(registration: HeldRegistration | undefined): void {
    const seconds = Math.min(registration?.seconds ?? 0, longestRegistration);
    this.#ue.limitIdleness(seconds * 1000 + this.#limits.idle);
    this.#isRegistered = registration !== undefined;
    if (registration) {
      this.#gate.registered(registration.identity);
      this.#proved();
    } else this.#unprovedIfIdle();
  }

  #close(fault?: unknown): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#waiting = [];
    this.#unanswered.cancel();
    this.#asked.close();
    // The server's answers to that have to be seen: a connection with something unread takes with it what was sent.
    this.#farewell = setTimeout(() => this.leave(), this.#limits.farewell);
    this.#leaveIfDone();
    this.#events.closed(this.#flow, fault);
  }

  #leaveIfDone(): void {
    if (this.#closed && (this.#unanswered.size === 0 || this.#server?.isOpen !== true)) this.leave();
  }

  /** Whatever the SIP server has yet to answer: nothing is open any more. */
  leave(): void {
    clearTimeout(this.#farewell);
    this.#unanswered.close();
    this.#dialogs.close();
    this.#gate.close();
    this.#asked.close();
    clearTimeout(this.#stranger);
    for (const callId of this.#calls) this.#owners.release(callId, this);
    this.#server?.close();
    this.#goneNow();
  }

  #fromUe(text: string, cut: Cut | undefined): void {
    const parsed = this.#gate.takesMessage() ? parseSipMessage(text) : undefined;
    if (!parsed) {
      this.#ue.end();
      return;
    }
    const { message, malformed } = parsed;
    if (message.isRequest) {
      const answer =
        answerToUnsound(message, malformed, cut) ??
        this.#ownAnswer(message) ??
        this.#gate.refusal(message, this.#calls.has(message.callId));
      if (answer) this.#answer(message, answer);
      else if (!message.topVia) this.#ue.end();
      else if (!this.#dialogs.hold(message)) this.#toServer(message);
    } else if (!malformed && cut === undefined && this.#crossing?.responseToServer(message) === true) {
      this.#lastWords.responseFromUe(message);
      if (!mendResponse(message)) return;
      if (!this.#gate.takesResponse(message) || !this.#dialogs.responseFromUe(message)) return;
      this.#asked.response(message);
      this.#send(message);
    }
  }

  /** The answer to a request that the SIP server is not to see, or would not answer. */
  #ownAnswer(request: SipMessage): OwnResponse | undefined {
    const { callId, method } = request;
    const isInDialog = tagOf(request.get('to')) !== undefined;
    // The server would find the call by its Call-ID alone; an INVITE without a To tag is a fork.
    if ((isInDialog || method !== 'INVITE') && this.#owners.isOfAnother(callId, this)) return foreignCall;
    if ((method === 'ACK' || method === 'CANCEL') && this.#hasInviteOf(request)) return undefined;
    if (method === 'CANCEL') return noSuchDialog;
    // To the server a BYE without a To tag is one of that call, too.
    if (method === 'BYE' && this.#unanswered.isUnacknowledged(callId)) {
      this.#unanswered.cancel(callId);
      return ended;
    }
    if (method === 'PRACK' && !this.#unanswered.isAcknowledging(request)) return noSuchDialog;
    return (
      answerToUnusable(request) ??
      answerInPlaceOfSilence(request, this.#calls.has(callId)) ??
      this.#dialogs.refusal(request)
    );
  }

  /** Whether there is an INVITE that a CANCEL, or the ACK of a refusal, belongs to. */
  #hasInviteOf(request: SipMessage): boolean {
    const branch = branchAtServer(request);
    const isWaiting = ({ method, cseq }: SipMessage) => method === 'INVITE' && cseq?.number === request.cseq?.number;
    const waits = this.#waiting.some((waiting) => isWaiting(waiting) && branchAtServer(waiting) === branch);
    return waits || this.#invites.has(request, branch);
  }

  #toServer(request: SipMessage): void {
    this.#noteCall(request);
    if (this.#crossing) {
      this.#lastWords.requestFromUe(request);
      this.#crossing.requestToServer(request);
      askForReliability(request);
      this.#targets.requestToServer(request);
      this.#unanswered.request(request);
      this.#invites.request(request);
      this.#dialogs.requestFromUe(request);
      this.#gate.sent(request);
      this.#send(request);
      this.#noteEnd(request);
      return;
    }
    this.#waiting.push(request);
    this.#waitingBytes += request.raw?.length ?? 0;
    if (this.#waitingBytes > this.#limits.waiting) this.close();
    else if (!this.#server) this.#connect();
  }

  #send(message: SipMessage): void {
    this.#bodies?.take(message, holderOf(this.#gate.account, this.#connected.address));
    this.#server?.send(message.toString());
  }

  #connect(): void {
    const { address, port } = this.#serverAt;
    // From the same loopback address, so that the server, which chooses its contact by the peer's address, finds this one.
    const from = isLoopback(address) ? { localAddress: address } : {};
    const socket = createConnection({ host: address, port, ...from });
    let refusal: Error | undefined;
    socket.once('error', (error) => (refusal = error));
    const { connect, firstMessage, message, unsent, serverBody: body } = this.#limits;
    this.#server = new SipStream(
      new SocketCarriage(socket, body),
      'dialled',
      { connect, firstMessage, message, unsent },
      {
        connected: () => this.#open(socket),
        // Without an answer: drachtio-server reads nothing more once a CRLF and a message come in one segment.
        ping: () => undefined,
        message: (text) => this.#fromServer(text),
        closed: (_connecting, fault) => this.#serverGone(refusal, fault),
      },
    );
  }

  #open(socket: Socket): void {
    const { transport, address: remoteAddress, port: remotePort, contact } = this.#connected;
    this.#flow = {
      id: randomBytes(12).toString('base64url'),
      ...{ transport, remoteAddress, remotePort, contact },
      serverSide: { address: socket.localAddress ?? '', port: socket.localPort ?? 0 },
    };
    this.#crossing = new Crossing(this.#flow, this.#serverAt);
    this.#events.opened(this.#flow);
    for (const request of this.#waiting.splice(0)) {
      const answer = this.#gate.refusalAfterWaiting(request);
      if (answer) this.#answer(request, answer);
      else this.#toServer(request);
    }
  }

  #fromServer(text: string): void {
    const message = parseSipMessage(text)?.message;
    if (!message || !this.#crossing || this.#bodies?.putBack(message) === false) return;
    if (message.isRequest) {
      this.#asked.request(message);
      this.#noteCall(message);
      this.#dialogs.requestFromServer(message);
      this.#noteEnd(message);
      const target = this.#targets.of(message);
      if (target !== undefined) message.requestUri = target;
      this.#crossing.requestToUe(message);
      this.#lastWords.requestToUe(message);
    } else {
      const isReliable = this.#unanswered.response(message);
      this.#invites.response(message);
      this.#leaveIfDone();
      // A BYE of the connection that the call is known as the one of would get to the server.
      if (isReliable && !this.#owners.isOf(message.callId, this)) {
        this.#unanswered.cancel(message.callId);
        return;
      }
      if (!this.#gate.answered(message) || !this.#crossing.responseToUe(message)) return;
      this.#dialogs.responseFromServer(message);
      this.#lastWords.responseToUe(message);
      // An emergency call needs no registration.
      if (message.cseq?.method === 'INVITE' && message.status >= 200 && message.status < 300) this.#proved();
    }
    this.#ue.send(message.toString());
  }

  /** The server has left a request unanswered. */
  #silent(request: SipMessage): void {
    if (request.method === 'INVITE') this.#unanswered.cancel(request.callId);
    const answer = responseTo(request, tooMany(), randomBytes(6).toString('hex'));
    if (this.#crossing?.responseToUe(answer) === true) this.#ue.send(answer.toString());
  }

  #serverGone(refusal: Error | undefined, fault?: unknown): void {
    if (this.#closed) {
      this.leave();
      return;
    }
    if (!this.#flow) {
      this.#events.refused(refusal);
      for (const request of this.#waiting.splice(0)) this.#answer(request, tooMany());
    }
    this.endCalls();
    this.#ue.end();
    // The flow is of no use from now on, even if the UE is slow to take what is left for it.
    this.#close(fault);
  }

  #answer(request: SipMessage, answer: OwnResponse): void {
    // An ACK gets none, and one without a Via names nobody to answer to.
    if (request.method === 'ACK' || !request.topVia) return;
    markSource(request, this.#connected.address, this.#connected.port);
    this.#ue.send(responseTo(request, answer, randomBytes(6).toString('hex')).toString());
  }

  #noteCall(request: SipMessage): void {
    if (request.method !== 'INVITE' || tagOf(request.get('to')) !== undefined) return;
    const callId = detached(request.callId);
    this.#calls.delete(callId);
    this.#calls.add(callId);
    this.#owners.claim(callId, this);
    const [oldest] = this.#calls;
    if (this.#calls.size <= this.#limits.calls || oldest === undefined) return;
    this.#unanswered.cancel(oldest);
    this.#forgetCall(oldest);
  }

  /** The last that a call has is an ACK to a refusal, or a BYE. */
  #noteEnd({ method, callId }: SipMessage): void {
    if ((method === 'ACK' || method === 'BYE') && !this.#dialogs.has(callId)) this.#forgetCall(callId);
  }

  #forgetCall(callId: string): void {
    if (!this.#calls.delete(callId)) return;
    this.#owners.release(callId, this);
    this.#unprovedIfIdle();
  }

  #proved(): void {
    clearTimeout(this.#stranger);
    this.#stranger = undefined;
    this.#ue.limitUnsent(this.#limits.unsent);
    this.#events.proved(this.#gate.account);
  }

  /** Else who had an emergency call, or took his registration back, would keep a UE's place with keep-alives alone. */
  #unprovedIfIdle(): void {
    const hasCall = [...this.#calls].some((callId) => this.#dialogs.isEstablished(callId));
    if (this.#isRegistered || hasCall || this.#stranger !== undefined) return;
    this.#ue.limitUnsent(this.#limits.unsentToStranger);
    this.#limitStranger();
    this.#events.unproved();
  }

  #limitStranger(): void {
    this.#stranger = setTimeout(() => this.#ue.close(), this.#limits.stranger);
  }
}

function isLoopback(address: string): boolean {
  return isIP(address) === 4 ? address.startsWith('127.') : address === '::1';
}

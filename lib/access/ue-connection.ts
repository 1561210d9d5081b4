import { randomBytes } from 'node:crypto';
import { answerToUnsound } from '../drachtio/fence/own-answers';
import { mendResponse } from '../drachtio/fence/responses';
import { networkOf } from '../ip-address';
import { holderOf, type CarriedBodies } from '../drachtio/fence/carried-bodies';
import { responseTo, type OwnResponse } from '../wire/own-response';
import { parseSipMessage, type SipMessage } from '../wire/sip-message';
import { SipStream } from '../wire/sip-stream';
import { markSource } from '../wire/source-mark';
import type { Cut } from '../wire/stream-framer';
import type { SeenSip, SipTap } from '../wire/sip-tap';
import type { EstablishedDialog } from '../drachtio/fence/ue-dialogs';
import type { UeFlow, HeldRegistration } from './ue-flow';
import type { CallOwners } from '../drachtio/fence/call-owners';
import type { ConnectedUe, UeConnectionEvents } from './connected-ue';
import { branchAtServer, Crossing } from './crossing';
import { LastWords } from '../drachtio/fence/last-words';
import type { AccessLimits } from './limits';
import { RequestGate, tooMany, type GateSurroundings } from './request-gate';
import { ServerSide, type Address } from './server-side';
import { UeFence } from '../drachtio/fence/ue-fence';

/** The longest registration that an idle connection is kept for, s: setTimeout counts no further than 24 days. */
const longestRegistration = 2_000_000;

/** A UE's connection, and from its first message on the one to the SIP server that carries the same messages. */
export class UeConnection {
  readonly #connected: ConnectedUe;
  readonly #serverAt: Address;
  readonly #limits: AccessLimits;
  readonly #events: UeConnectionEvents;
  readonly #bodies: CarriedBodies | undefined;
  readonly #tap: SipTap | undefined;
  readonly #ue: SipStream;
  readonly #server: ServerSide;
  readonly #fence: UeFence;
  readonly #lastWords: LastWords;
  readonly #gate: RequestGate;
  #flow: UeFlow | undefined;
  #crossing: Crossing | undefined;
  /** Ends who keeps a place and does nothing with it: keep-alives alone would hold it for ever. */
  #stranger: NodeJS.Timeout | undefined;
  #isRegistered = false;
  #closed = false;
  #farewell: NodeJS.Timeout | undefined;
  /** Resolves when nothing is open any more, neither here nor at the SIP server. */
  readonly gone: Promise<void>;
  #goneNow: () => void = () => undefined;

  constructor(
    connected: ConnectedUe,
    server: Address,
    shared: {
      readonly owners: CallOwners;
      readonly gates: GateSurroundings;
      readonly bodies?: CarriedBodies | undefined;
      readonly tap?: SipTap | undefined;
    },
    limits: AccessLimits,
    events: UeConnectionEvents,
  ) {
    this.#connected = connected;
    this.#serverAt = server;
    this.#bodies = shared.bodies;
    this.#tap = shared.tap;
    this.#limits = limits;
    this.#events = events;
    this.gone = new Promise((resolve) => (this.#goneNow = resolve));
    this.#server = new ServerSide(server, limits, {
      opened: (own) => this.#open(own),
      message: (text) => this.#fromServer(text),
      closed: (refusal, fault) => this.#serverGone(refusal, fault),
    });
    this.#fence = new UeFence({
      ...{ limits, owners: shared.owners, branchOf: branchAtServer },
      send: (text) => this.#server.send(text),
      pass: (request) => this.#toServer(request),
      refuse: (request, answer) => this.#answer(request, answer),
      isOfWaiting: (request) => this.#server.isOfWaiting(request),
      callEnded: () => this.#unprovedIfIdle(),
    });
    this.#lastWords = new LastWords(limits.calls, tooMany);
    this.#gate = new RequestGate(shared.gates, networkOf(connected.address), (request) => this.#silent(request));
    this.#ue = new SipStream(
      connected.carriage,
      'accepted',
      { ...limits, unsent: limits.unsentToStranger },
      {
        message: (text, cut) => this.#fromUe(text, cut),
        closed: (_connecting, fault) => this.#close(fault),
        mayRead: (bytes, pieces) => this.#gate.takesBytes(bytes, pieces),
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
    for (const words of this.#lastWords.take(this.#crossing.towardUe)) this.#toUe(words);
  }

  /** The app got the UE's answer that made this dialog. */
  established(dialog: EstablishedDialog): void {
    this.#fence.established(dialog);
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

  /** Whatever the SIP server has yet to answer: nothing is open any more. */
  leave(): void {
    clearTimeout(this.#farewell);
    clearTimeout(this.#stranger);
    this.#fence.close();
    this.#gate.close();
    this.#server.close();
    this.#goneNow();
  }

  #close(fault?: unknown): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#server.takeWaiting();
    this.#fence.ueGone();
    // The server's answers to that have to be seen: a connection with something unread takes with it what was sent.
    this.#farewell = setTimeout(() => this.leave(), this.#limits.farewell);
    this.#leaveIfDone();
    this.#events.closed(this.#flow, fault);
  }

  #leaveIfDone(): void {
    if (this.#closed && (this.#fence.isDone || !this.#server.isOpen)) this.leave();
  }

  #fromUe(text: string, cut: Cut | undefined): void {
    const parsed = this.#gate.takesMessage() ? parseSipMessage(text) : undefined;
    if (!parsed) {
      this.#ue.end();
      return;
    }
    this.#saw('received', text);
    const { message, malformed } = parsed;
    if (message.isRequest) {
      const answer =
        answerToUnsound(message, malformed, cut) ??
        this.#fence.refusal(message) ??
        this.#gate.refusal(message, this.#fence.isCall(message.callId));
      // One without a Via names nobody to answer to.
      if (!message.topVia) this.#ue.end();
      else if (answer) this.#answer(message, answer);
      else if (!this.#fence.hold(message)) this.#toServer(message);
    } else if (!malformed && cut === undefined && this.#crossing?.responseToServer(message) === true) {
      this.#lastWords.responseFromUe(message);
      if (!mendResponse(message)) return;
      if (this.#gate.takesResponse(message) && this.#fence.responseToServer(message)) this.#send(message);
    }
  }

  #toServer(request: SipMessage): void {
    this.#fence.noteCall(request);
    if (!this.#crossing) {
      if (!this.#server.wait(request)) this.close();
      return;
    }
    this.#lastWords.requestFromUe(request);
    this.#crossing.requestToServer(request);
    this.#fence.requestToServer(request);
    this.#gate.sent(request);
    this.#send(request);
  }

  #send(message: SipMessage): void {
    this.#bodies?.take(message, holderOf(this.#gate.account, this.#connected.address));
    this.#server.send(message.toString());
  }

  #open(serverSide: Address): void {
    const { transport, address: remoteAddress, port: remotePort, contact } = this.#connected;
    const id = randomBytes(12).toString('base64url');
    this.#flow = { id, transport, remoteAddress, remotePort, contact, serverSide };
    this.#crossing = new Crossing(this.#flow, this.#serverAt);
    this.#events.opened(this.#flow);
    for (const request of this.#server.takeWaiting()) {
      const answer = this.#gate.refusalAfterWaiting(request);
      if (answer) this.#answer(request, answer);
      else this.#toServer(request);
    }
  }

  #fromServer(text: string): void {
    const message = parseSipMessage(text)?.message;
    if (!message || !this.#crossing || this.#bodies?.putBack(message) === false) return;
    if (message.isRequest) this.#requestToUe(message, this.#crossing);
    else this.#responseToUe(message, this.#crossing);
  }

  #requestToUe(request: SipMessage, crossing: Crossing): void {
    this.#fence.requestFromServer(request);
    crossing.requestToUe(request);
    this.#lastWords.requestToUe(request);
    this.#toUe(request.toString());
  }

  #responseToUe(response: SipMessage, crossing: Crossing): void {
    const passes = this.#fence.responseFromServer(response);
    this.#leaveIfDone();
    if (!passes || !this.#gate.answered(response) || !crossing.responseToUe(response)) return;
    this.#fence.responseToUe(response);
    this.#lastWords.responseToUe(response);
    // An emergency call needs no registration.
    if (response.cseq?.method === 'INVITE' && response.status >= 200 && response.status < 300) this.#proved();
    this.#toUe(response.toString());
  }

  /** The server has left a request unanswered. */
  #silent(request: SipMessage): void {
    if (request.method === 'INVITE') this.#fence.cancel(request.callId);
    const answer = responseTo(request, tooMany());
    if (this.#crossing?.responseToUe(answer) === true) this.#toUe(answer.toString());
  }

  #serverGone(refusal: Error | undefined, fault: unknown): void {
    if (this.#closed) {
      this.leave();
      return;
    }
    if (!this.#flow) {
      this.#events.refused(refusal);
      for (const request of this.#server.takeWaiting()) this.#answer(request, tooMany());
    }
    this.endCalls();
    this.#ue.end();
    // The flow is of no use from now on, even if the UE is slow to take what is left for it.
    this.#close(fault);
  }

  #answer(request: SipMessage, answer: OwnResponse): void {
    // An ACK gets none.
    if (request.method === 'ACK') return;
    markSource(request, this.#connected.address, this.#connected.port);
    this.#toUe(responseTo(request, answer).toString());
  }

  #toUe(text: string): void {
    this.#saw('sent', text);
    this.#ue.send(text);
  }

  #saw(way: SeenSip['way'], text: string): void {
    const { address, port, contact } = this.#connected;
    this.#tap?.({
      way,
      transport: 'tcp',
      far: { address, port },
      near: { address: contact.host, port: contact.port },
      text,
    });
  }

  #proved(): void {
    clearTimeout(this.#stranger);
    this.#stranger = undefined;
    this.#ue.limitUnsent(this.#limits.unsent);
    this.#events.proved(this.#gate.account);
  }

  /** Else who had an emergency call, or took his registration back, would keep a UE's place with keep-alives alone. */
  #unprovedIfIdle(): void {
    if (this.#isRegistered || this.#stranger !== undefined || this.#fence.hasAnsweredCall) return;
    this.#ue.limitUnsent(this.#limits.unsentToStranger);
    this.#limitStranger();
    this.#events.unproved();
  }

  #limitStranger(): void {
    this.#stranger = setTimeout(() => this.#ue.close(), this.#limits.stranger);
  }
}

import { Groups } from '../groups';
import type { AppConnection } from './app-connection';
import type { ClientTransaction } from './client-transaction';
import type { ListeningPoint } from './contact';
import type { PeerFlow } from './peer-flow';
import { limits } from './limits';
import type { ServerTransaction } from './server-transaction';
import { parseSipUri, tagOf, uriOf, withoutTag } from '../wire/sip-uri';
import type { SipMessage } from '../wire/sip-message';
import type { Destination } from '../wire/link';

/** The far end of a dialog: where requests go. An INVITE of ours that forks has one for each fork. */
export interface FarEnd {
  readonly tag: string;
  /** The URI of its Contact. */
  target: string;
  /** Route set, first hop first. */
  routes: string[];
  /** Where packets go instead of the target, for it is not where the peer really is. */
  behindNat: Destination | undefined;
  /** Last reliable provisional response, RFC 3262 §4. */
  rseq: number;
}

/** A 2xx received, whose ACK is repeated whenever the 2xx comes again. */
export interface Answer {
  readonly leg: FarEnd;
  readonly cseq: number;
  readonly transaction: ClientTransaction;
  ack: { readonly text: string; readonly flow: PeerFlow } | undefined;
}

/** A dialog (RFC 3261 §12), from the first response that makes one. It belongs to one app. */
export class ServerDialog {
  /** As apps know it: Call-ID and the From tag of the request that made it. */
  readonly id: string;
  readonly callId: string;
  readonly method: string;
  readonly role: 'uas' | 'uac';
  readonly localTag: string;
  /** From of our requests, with its tag. */
  readonly local: string;
  /** To of our requests, without the tag. */
  readonly remote: string;
  readonly localPoint: ListeningPoint;
  owner: AppConnection | undefined;
  readonly legs = new Map<string, FarEnd>();
  /** The leg that requests go to. */
  leg: FarEnd | undefined;
  cseq: number;
  /** Next hop that the app gave for its INVITE; it stays for a dialog without a route set. */
  nextHop: Destination | undefined;
  /** As a UAS: what the INVITE came over. */
  callerFlow: PeerFlow | undefined;
  isConfirmed = false;
  isOver = false;
  /** Requests of the peer that the app has not answered. */
  readonly unanswered = new Set<ServerTransaction>();
  /** INVITEs of the peer that were answered with 2xx and wait for their ACK, by CSeq. */
  readonly awaitingAck = new Map<number, ServerTransaction>();
  /** The INVITE that makes it, while the app has not answered finally. */
  invite: ServerTransaction | undefined;
  /** An UPDATE before the INVITE was answered. */
  earlyUpdate: ServerTransaction | undefined;
  /** INVITEs of ours under way. */
  readonly inviting = new Set<ClientTransaction>();
  /** The latest 2xx of each INVITE of ours, by leg and CSeq; the last two are kept. */
  readonly answers: Answer[] = [];
  /** Reliable provisional responses that the app has yet to PRACK. */
  readonly unpracked: { leg: FarEnd; rseq: number }[] = [];

  /**
   * @param request that makes it
   * @param toTag as a UAS: of our responses
   */
  constructor(
    request: SipMessage,
    { role, localPoint, owner }: Pick<ServerDialog, 'role' | 'localPoint' | 'owner'>,
    toTag = '',
  ) {
    const from = request.get('from') ?? '';
    const to = request.get('to') ?? '';
    const fromTag = tagOf(from) ?? '';
    this.id = `${request.callId};from-tag=${fromTag}`;
    this.callId = request.callId;
    this.method = request.method;
    this.role = role;
    this.localTag = role === 'uac' ? fromTag : toTag;
    this.local = role === 'uac' ? from : `${withoutTag(to)};tag=${toTag}`;
    this.remote = role === 'uac' ? to : withoutTag(from);
    this.localPoint = localPoint;
    this.owner = owner;
    this.cseq = request.cseq?.number ?? 0;
  }

  /** The leg that a message of the peer makes; `undefined` if there are too many forks. */
  touch(tag: string, message: SipMessage, flow: PeerFlow): FarEnd | undefined {
    let leg = this.legs.get(tag);
    if (!leg) {
      if (this.legs.size >= limits.forks) return undefined;
      leg = { tag, target: '', routes: [], behindNat: undefined, rseq: 0 };
      this.legs.set(tag, leg);
    }
    if (!this.isConfirmed) {
      const routes = message.values('record-route');
      leg.routes = this.role === 'uas' ? routes : routes.reverse();
    }
    this.refresh(tag, message, flow);
    return leg;
  }

  /** A target refresh (RFC 3261 §12.2): the peer may have a new Contact. */
  refresh(tag: string, message: SipMessage, flow: PeerFlow): void {
    const leg = this.legs.get(tag);
    const contact = message.get('contact');
    if (!leg || contact === undefined) return;
    leg.target = uriOf(contact);
    leg.behindNat = leg.routes.length === 0 ? this.#natted(leg.target, flow) : undefined;
  }

  /**
   * Without a Record-Route, a Contact that names another host than the packet came from is behind a NAT
   * (or says nonsense): packets go where the peer's came from. As a UAS over UDP the port counts as well.
   */
  #natted(target: string, flow: PeerFlow): Destination | undefined {
    const uri = parseSipUri(target);
    if (!uri) return undefined;
    const sameHost = uri.host === flow.remoteAddress;
    const { transport } = flow.local;
    const portCounts = this.role === 'uas' && transport === 'udp';
    if (sameHost && (!portCounts || (uri.port ?? 5060) === flow.remotePort)) return undefined;
    return { transport, address: flow.remoteAddress, port: flow.remotePort };
  }

  nextCSeq(): number {
    return ++this.cseq;
  }
}

/** The dialogs of all apps. */
export class DialogTable {
  readonly #byId = new Map<string, ServerDialog>();
  readonly #byCallId = new Groups<string, ServerDialog>();

  get isFull(): boolean {
    return this.#byId.size >= limits.dialogs;
  }

  add(dialog: ServerDialog): void {
    this.#byId.set(dialog.id, dialog);
    this.#byCallId.add(dialog.callId, dialog);
  }

  remove(dialog: ServerDialog): void {
    dialog.isOver = true;
    if (this.#byId.get(dialog.id) === dialog) this.#byId.delete(dialog.id);
    this.#byCallId.delete(dialog.callId, dialog);
  }

  byId(id: string): ServerDialog | undefined {
    return this.#byId.get(id);
  }

  /** The dialog that a request of the peer belongs to; a missing To tag is forgiven. */
  of(request: SipMessage): ServerDialog | undefined {
    const from = request.fromTag ?? '';
    const to = request.toTag;
    for (const dialog of this.#byCallId.of(request.callId)) {
      if ((to === undefined || to === dialog.localTag) && dialog.legs.has(from)) return dialog;
    }
    return undefined;
  }

  ownedBy(app: AppConnection): ServerDialog[] {
    return [...this.#byId.values()].filter((dialog) => dialog.owner === app);
  }
}

import type { Acknowledge, Headers, IncomingResponse, SentRequest } from '../drachtio/messages';
import { cancelPastServer } from '../drachtio/past-server';
import { serverDialogId } from '../drachtio/server-dialog-id';
import type { CallSession } from './call-session';
import { sentToCore } from './core-reach';
import { bodyOf, type Content } from './session-body';
import type { Target } from './target';

type OnResponse = (sent: SentRequest, response: IncomingResponse, acknowledge: Acknowledge) => void;

/** The INVITE to the callee, from when it is sent to its final response. */
export class OutgoingInvite {
  readonly #session: CallSession;
  readonly #target: Target;
  /** Set while it can be cancelled. */
  #sent: SentRequest | undefined;
  /** Where it was sent. */
  nextHop = '';
  #isRelayed = false;
  #stopRinging: () => void = () => undefined;

  constructor(session: CallSession, target: Target) {
    this.#session = session;
    this.#target = target;
  }

  /** Resolves when it has left; `received` gets each response. Rejects where the server would not send it. */
  async send(headers: Headers, content: Content, received: OnResponse): Promise<void> {
    const { callee, edge } = this.#session;
    const way = this.#target.way();
    if (way.coreCallId) this.#session.coreCallId = way.coreCallId;
    this.#isRelayed = way.coreCallId !== undefined;
    this.nextHop = way.proxy;
    const own = this.#session.headers.request(callee, 'INVITE', headers);
    const invite = {
      ...{ method: 'INVITE' as const, proxy: way.proxy },
      ...{ headers: { ...own, ...way.headers, ...content.headers }, ...bodyOf(content) },
    };
    const sending = edge.srf.request(this.#target.uri, invite, (sent) => this.#left(sent, received));
    await (callee === 'core' ? sentToCore(way.proxy, sending) : sending);
  }

  /** It has its final response. */
  settled(): void {
    this.#sent = undefined;
    this.#stopRinging();
  }

  /** Does nothing where it has its final response. `reason`: for a Reason header (RFC 3326). */
  cancel(reason?: string): void {
    if (this.#sent) this.#session.edge.srf.cancel(this.#sent, reason === undefined ? {} : { Reason: reason });
    this.#sent = undefined;
  }

  /** Tells the core though the SIP server is lost. UEs hear of it otherwise, and what goes by the relay is ended there. */
  cancelPastServer(): void {
    const { callee, edge } = this.#session;
    const cancel = this.#sent && callee === 'core' && !this.#isRelayed && cancelPastServer(this.#sent);
    if (cancel) edge.egress.pass(cancel, this.nextHop);
    this.#sent = undefined;
  }

  #left(sent: SentRequest, received: OnResponse): void {
    const { call, callee, edge } = this.#session;
    this.#sent = sent;
    call.witness.sip(callee, 'sent', sent.raw);
    if (callee === 'core') {
      const id = serverDialogId(sent);
      edge.toCore.add(id);
      call.onEnd(() => edge.toCore.delete(id));
    }
    this.#session.headers.learnContact(callee, sent.get('contact'));
    sent.on('response', (response, acknowledge) => received(sent, response, acknowledge));
    sent.on('update', (update, response) => void this.#session.changes.change(callee, update, response));
    if (call.ended) this.cancel(this.#session.ending.reason);
    this.#stopRinging = this.#session.timer(edge.timers.ringing, () =>
      this.#session.end('unanswered', { final: { status: 408 } }),
    );
  }
}

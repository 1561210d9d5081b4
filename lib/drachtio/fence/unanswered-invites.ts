import { cancelOf } from '../../wire/cancel';
import type { OwnResponse } from '../../wire/own-response';
import { detached, type SipMessage } from '../../wire/sip-message';
import { beginsCall } from './dialog-makers';
import { ended, noSuchDialog } from './own-answers';

/** ms in which a reliable provisional response has to be acknowledged: before the 32 s after which the server dies [04c]. */
export const acknowledgementMs = 25_000;

/** What is needed of an INVITE to end it; none of it is a piece of the text that the INVITE came in. */
interface UnansweredInvite {
  readonly callId: string;
  readonly cseq: number | undefined;
  readonly fromTag: string | undefined;
  readonly cancel: string;
  /** RSeqs of responses without PRACK, each with the branch of the PRACK that is on its way. */
  readonly unacknowledged: Map<string, string | undefined>;
  deadline: NodeJS.Timeout | undefined;
}

export interface UnansweredInvitesOptions {
  /** Over this many, the oldest is cancelled. */
  limit: number;
  /** The same over so many bytes that are held of them. */
  limitBytes: number;
  /** ms in which a reliable provisional response has to be acknowledged, or its INVITE is cancelled. */
  acknowledgedWithin: number;
  /** Sends to the SIP server. `branch`: that of the INVITE. */
  send(cancel: string, branch: string): void;
}

/**
 * The INVITEs of a UE, or of the core, that begin a call and have no final response yet. All messages are those that the
 * SIP server sees.
 *
 * drachtio-server 0.9.10 dies if a final response other than 2xx is sent, be it by itself, while a reliable
 * provisional response (RFC 3262) has no PRACK, and 32 s after such a response [04c]. What a caller causes that by, a BYE in
 * the early dialog, silence or the end of its connection, has to become a CANCEL, which the server bears.
 */
export class UnansweredInvites {
  readonly #options: UnansweredInvitesOptions;
  /** By the branch of our Via, the oldest first. */
  readonly #invites = new Map<string, UnansweredInvite>();

  #bytes = 0;

  constructor(options: UnansweredInvitesOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#invites.size;
  }

  /** What is held of them in memory. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Takes note of a request on its way to the SIP server. */
  request(request: SipMessage): void {
    const branch = request.topVia?.branch;
    if (branch === undefined) return;
    if (beginsCall(request)) this.#add(branch, request);
    else if (request.method === 'PRACK') this.#acknowledging(branch, request);
  }

  /** Takes note of a response of the SIP server. True: it is one that the caller has to acknowledge. */
  response(response: SipMessage): boolean {
    const branch = response.topVia?.branch ?? '';
    const { status, cseq } = response;
    if (cseq?.method === 'PRACK') this.#acknowledged(branch, status);
    const invite = cseq?.method === 'INVITE' ? this.#invites.get(branch) : undefined;
    if (!invite) return false;
    if (status >= 200) this.#remove(branch, invite);
    const rseq = response.get('rseq');
    if (status <= 100 || status >= 200 || rseq === undefined || !response.hasOption('require', '100rel')) return false;
    if (!invite.unacknowledged.has(rseq)) invite.unacknowledged.set(detached(rseq), undefined);
    const giveUp = () => this.#options.send(invite.cancel, branch);
    invite.deadline ??= setTimeout(giveUp, this.#options.acknowledgedWithin);
    return true;
  }

  /**
   * The answer to a BYE that would end the server, in whose place its call is cancelled (to the server one without a To tag
   * is of that call, too); and to a PRACK that does not acknowledge a response as the first, which the server leaves without
   * an answer [04e], or ends by where it was built with assertions.
   */
  refusal(request: SipMessage): OwnResponse | undefined {
    const { method, callId } = request;
    if (method === 'PRACK' && !this.#isAcknowledging(request)) return noSuchDialog;
    if (method !== 'BYE' || !this.#of(callId).some(([, { unacknowledged }]) => unacknowledged.size > 0))
      return undefined;
    this.cancel(callId);
    return ended;
  }

  /** Cancels the call that has this Call-ID, or all. They stay unanswered until the server has answered. */
  cancel(callId?: string): void {
    for (const [branch, { cancel }] of this.#of(callId)) this.#options.send(cancel, branch);
  }

  /** There will be no response any more to the INVITE with this branch. */
  forget(branch: string): void {
    const invite = this.#invites.get(branch);
    if (invite) this.#remove(branch, invite);
  }

  /** Forgets all. */
  close(): void {
    for (const [branch, invite] of this.#invites) this.#remove(branch, invite);
  }

  #isAcknowledging(prack: SipMessage): boolean {
    const [rseq = ''] = racked(prack);
    return this.#racked(prack).some(
      ({ unacknowledged }) => unacknowledged.has(rseq) && unacknowledged.get(rseq) === undefined,
    );
  }

  #of(callId: string | undefined): [branch: string, invite: UnansweredInvite][] {
    const all = [...this.#invites];
    return callId === undefined ? all : all.filter(([, invite]) => invite.callId === callId);
  }

  /** Those that the RAck of a PRACK may name (RFC 3262 §7.2). */
  #racked(prack: SipMessage): UnansweredInvite[] {
    const [, cseq] = racked(prack);
    const fromTag = prack.fromTag;
    const invites = this.#of(prack.callId).map(([, invite]) => invite);
    return invites.filter((invite) => invite.cseq === Number(cseq) && invite.fromTag === fromTag);
  }

  #add(branch: string, request: SipMessage): void {
    if (this.#invites.has(branch)) return;
    const fromTag = request.fromTag;
    const invite = {
      callId: detached(request.callId),
      cseq: request.cseq?.number,
      fromTag: fromTag === undefined ? undefined : detached(fromTag),
      cancel: detached(cancelOf(request).toString()),
      unacknowledged: new Map<string, string | undefined>(),
      deadline: undefined,
    };
    this.#invites.set(detached(branch), invite);
    this.#bytes += bytesOf(invite);
    for (const oldest of this.#invites) {
      if (this.#invites.size <= this.#options.limit && this.#bytes <= this.#options.limitBytes) return;
      this.#options.send(oldest[1].cancel, oldest[0]);
      this.#remove(...oldest);
    }
  }

  #remove(branch: string, invite: UnansweredInvite): void {
    clearTimeout(invite.deadline);
    this.#invites.delete(branch);
    this.#bytes -= bytesOf(invite);
  }

  #acknowledging(branch: string, prack: SipMessage): void {
    const [rseq = ''] = racked(prack);
    for (const { unacknowledged } of this.#racked(prack)) {
      if (unacknowledged.has(rseq)) unacknowledged.set(rseq, detached(branch));
    }
  }

  /** Only by the answer it is known that the server took the PRACK: 2xx, or 488 for an offer in it. */
  #acknowledged(branch: string, status: number): void {
    if (status < 200 || (status >= 300 && status !== 488)) return;
    for (const invite of this.#invites.values()) {
      for (const [rseq, prack] of invite.unacknowledged) {
        if (prack === branch) invite.unacknowledged.delete(rseq);
      }
      if (invite.unacknowledged.size > 0) continue;
      clearTimeout(invite.deadline);
      invite.deadline = undefined;
    }
  }
}

function bytesOf({ callId, fromTag = '', cancel }: UnansweredInvite): number {
  return callId.length + fromTag.length + cancel.length;
}

/** RSeq, CSeq number and method. */
function racked(prack: SipMessage): string[] {
  return (prack.get('rack') ?? '').split(/\s+/);
}

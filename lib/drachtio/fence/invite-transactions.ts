import { Newest } from '../../newest';
import { detached, type SipMessage } from '../../wire/sip-message';

interface InviteTransaction {
  /** What those that belong to it have in common with it. */
  readonly key: string;
  isRefused: boolean;
}

/**
 * The INVITEs of a peer at the SIP server, by the branch that they have there, until they are answered with 2xx or the
 * refusal is acknowledged.
 *
 * drachtio-server 0.9.10 gives an ACK or CANCEL that it finds no such INVITE for to the dialog [08m]. Before a 2xx it throws that
 * dialog away, and is deaf for ever if a reliable provisional response has no PRACK then.
 */
export class InviteTransactions {
  readonly #invites: Newest<string, InviteTransaction>;

  /** @param limit beyond, the oldest is forgotten */
  constructor(limit: number) {
    this.#invites = new Newest(limit);
  }

  /** Takes note of a request on its way to the server. */
  request(request: SipMessage): void {
    const branch = request.topVia?.branch ?? '';
    if (request.method === 'ACK') this.#invites.delete(branch);
    if (request.method !== 'INVITE' || this.#invites.has(branch)) return;
    this.#invites.set(detached(branch), { key: keyOf(request), isRefused: false });
  }

  /** Takes note of a response of the server. */
  response(response: SipMessage): void {
    const branch = response.topVia?.branch ?? '';
    const invite = response.cseq?.method === 'INVITE' ? this.#invites.get(branch) : undefined;
    if (!invite || response.status < 200) return;
    if (response.status < 300) this.#invites.delete(branch);
    else invite.isRefused = true;
  }

  /** Whether there is an INVITE that this CANCEL cancels, or whose refusal this ACK acknowledges. */
  has(request: SipMessage, branch: string): boolean {
    const invite = this.#invites.get(branch);
    return invite?.key === keyOf(request) && invite.isRefused === (request.method === 'ACK');
  }
}

/** RFC 3261 §9.1, §17.1.1.3. */
function keyOf(request: SipMessage): string {
  return detached([request.callId, request.fromTag, request.cseq?.number].join('\n'));
}

import { randomUUID } from 'node:crypto';
import { EventEmitter, on } from 'node:events';
import type { Dialog, IncomingRequest, ResponseSender } from '../../../lib/drachtio/messages';
import { SipLink } from '../../../lib/ue/sip-link';
import type { Logger } from '../../../lib/ops/logger';
import type { Negotiator } from './client-media';

export interface SipUeOptions {
  /** `address:port` of the edge. */
  edge: string;
  /** Our address. */
  local: string;
  logger: Logger;
}

const aor = 'sip:ue@example.net';

type Invite = [request: IncomingRequest, response: ResponseSender];

/** SIP for a client that has media alone: registers over one TCP connection, makes and takes calls, and ends them. */
export class SipUe {
  readonly #link: SipLink;
  readonly #proxy: string;
  readonly #contact: string;
  /** What was not taken yet waits in it. */
  readonly #invites: AsyncIterator<Invite>;

  private constructor(link: SipLink, { edge }: SipUeOptions, invites: AsyncIterator<Invite>) {
    this.#link = link;
    this.#proxy = `sip:${edge};transport=tcp`;
    const [, hostPort = ''] = (link.contacts[0] ?? '').split('/');
    this.#contact = `<sip:ue@${hostPort};transport=tcp>`;
    this.#invites = invites;
  }

  static async open(options: SipUeOptions): Promise<SipUe> {
    const { local, logger } = options;
    const incoming = new EventEmitter<{ invite: Invite }>();
    const invites = on(incoming, 'invite') as AsyncIterator<Invite>;
    const link = await SipLink.open({ contacts: [`sip:${local}:0;transport=tcp`], logger }, (srf) => {
      srf.handle('INVITE', (request, response) => void incoming.emit('invite', request, response));
    });
    return new SipUe(link, options, invites);
  }

  async register(): Promise<void> {
    const { status } = await this.#link.srf.send('sip:example.net', {
      method: 'REGISTER',
      proxy: this.#proxy,
      headers: {
        ...{ From: `<${aor}>`, To: `<${aor}>`, 'Call-ID': randomUUID(), Contact: this.#contact },
        ...{ Expires: '600', Supported: 'path' },
      },
    });
    if (status !== 200) throw new Error(`REGISTER was answered ${status}`);
  }

  /** Calls, and resolves once the answer was taken. */
  async call(uri: string, media: Pick<Negotiator, 'offer' | 'accept'>): Promise<Dialog> {
    const { srf } = this.#link;
    const headers = { From: `<${aor}>`, To: `<${uri}>`, Contact: this.#contact, 'Content-Type': 'application/sdp' };
    const body = await media.offer();
    const [dialog, answer] = await new Promise<[Dialog, string]>((resolve, reject) => {
      const invite = { method: 'INVITE' as const, proxy: this.#proxy, headers, body };
      const sent = srf.request(uri, invite, (request) => {
        request.on('response', (response, acknowledge) => {
          if (response.status >= 300) reject(new Error(`INVITE was answered ${response.status}`));
          if (response.status < 200 || response.status >= 300) return;
          acknowledge();
          resolve([srf.uacDialog(request, response), response.body]);
        });
      });
      sent.catch(reject);
    });
    await media.accept(answer);
    return dialog;
  }

  /** Answers the call that comes in, or has come in. */
  async take(media: Negotiator): Promise<Dialog> {
    const [request, response] = (await this.#invites.next()).value as Invite;
    const headers = { Contact: this.#contact };
    const localSdp = await media.answer(request.body).catch((error: unknown) => {
      response.send(488, undefined);
      throw error;
    });
    return await this.#link.srf.createUas(request, response, { localSdp, headers });
  }

  /** Offers anew by a re-INVITE. */
  async offerAnew(dialog: Dialog, media: Negotiator): Promise<void> {
    const headers = { Contact: this.#contact, 'Content-Type': 'application/sdp' };
    const body = await media.offer();
    const { response } = await this.#link.srf.requestInDialog(dialog, { method: 'INVITE', headers, body });
    if (response.status !== 200) throw new Error(`re-INVITE was answered ${response.status}`);
    await media.accept(response.body);
  }

  /** Answers what the far end offers from now on; `onAnswer` is given what becomes of each. */
  answerOffers(dialog: Dialog, media: Negotiator, onAnswer: (answered: Promise<void>) => void): void {
    dialog.on('modify', (request, response) => {
      const answered = media.answer(request.body).then((body) => {
        const headers = { Contact: this.#contact, 'Content-Type': 'application/sdp' };
        response.send(200, undefined, { headers, body });
      });
      answered.catch(() => response.send(488, undefined));
      onAnswer(answered);
    });
  }

  /** Offers anew (re-INVITE), has the far end do so by an INFO, and resolves once both offers are answered. */
  async reinvite(dialog: Dialog, media: Negotiator): Promise<void> {
    const theirs = new Promise<void>((resolve) => this.answerOffers(dialog, media, resolve));
    await this.offerAnew(dialog, media);
    await this.#link.srf.requestInDialog(dialog, { method: 'INFO' });
    await theirs;
  }

  async close(): Promise<void> {
    await this.#link.close();
  }
}

import { randomUUID } from 'node:crypto';
import type { Dialog, IncomingRequest, ResponseSender } from '../../../lib/drachtio/messages';
import { SipLink } from '../../../lib/ue/sip-link';
import type { Logger } from '../../../lib/ops/logger';
import type { ClientMedia } from './client-media';

export interface SipUeOptions {
  /** `address:port` of the edge. */
  edge: string;
  /** Our address. */
  local: string;
  logger: Logger;
}

const aor = 'sip:ue@example.net';

type Invite = [request: IncomingRequest, response: ResponseSender];

/** SIP for a client that has media alone: registers over one TCP connection, makes or takes a call, and ends it. */
export class SipUe {
  readonly #link: SipLink;
  readonly #proxy: string;
  readonly #contact: string;
  readonly #invited: Promise<Invite>;

  private constructor(link: SipLink, { edge }: SipUeOptions, invited: Promise<Invite>) {
    this.#link = link;
    this.#proxy = `sip:${edge};transport=tcp`;
    const [, hostPort = ''] = (link.contacts[0] ?? '').split('/');
    this.#contact = `<sip:ue@${hostPort};transport=tcp>`;
    this.#invited = invited;
  }

  static async open(options: SipUeOptions): Promise<SipUe> {
    const { local, logger } = options;
    let invite: (invite: Invite) => void = () => undefined;
    const invited = new Promise<Invite>((resolve) => (invite = resolve));
    const link = await SipLink.open({ contacts: [`sip:${local}:0;transport=tcp`], logger }, (srf) => {
      srf.handle('INVITE', (request, response) => invite([request, response]));
    });
    return new SipUe(link, options, invited);
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
  async call(uri: string, media: ClientMedia): Promise<Dialog> {
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
  async take(media: ClientMedia): Promise<Dialog> {
    const [request, response] = await this.#invited;
    const headers = { Contact: this.#contact };
    return await this.#link.srf.createUas(request, response, { localSdp: await media.answer(request.body), headers });
  }

  /** Offers anew (re-INVITE), has the far end do so by an INFO, and resolves once both offers are answered. */
  async reinvite(dialog: Dialog, media: ClientMedia): Promise<void> {
    const { srf } = this.#link;
    const theirs = new Promise<void>((resolve, reject) => {
      dialog.on('modify', (request, response) => {
        const answered = media.answer(request.body).then((body) => {
          const headers = { Contact: this.#contact, 'Content-Type': 'application/sdp' };
          response.send(200, undefined, { headers, body });
        });
        answered.then(resolve, reject);
      });
    });
    const headers = { Contact: this.#contact, 'Content-Type': 'application/sdp' };
    const body = await media.offer();
    const { response } = await srf.requestInDialog(dialog, { method: 'INVITE', headers, body });
    if (response.status !== 200) throw new Error(`re-INVITE was answered ${response.status}`);
    await media.accept(response.body);
    await srf.requestInDialog(dialog, { method: 'INFO' });
    await theirs;
  }

  async close(): Promise<void> {
    await this.#link.close();
  }
}

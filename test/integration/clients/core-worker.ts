import { randomUUID } from 'node:crypto';
import { EventEmitter, on } from 'node:events';
import type { Dialog, Headers, IncomingRequest, ResponseSender } from '../../../lib/drachtio/messages';
import type { Srf } from '../../../lib/drachtio/srf';
import { EgressRelay } from '../../../lib/egress/egress-relay';
import { createLogger } from '../../../lib/ops/logger';
import { SipLink } from '../../../lib/ue/sip-link';
import { uriOf } from '../../../lib/wire/sip-uri';
import { PlainMedia, type Kind } from './plain-media';
import { serveParent } from './remote-calls';

/*
 * A core for the tests: a registrar, and a phone with plain RTP that sends a tone; run by a NamespaceWorker in the
 * core's namespace. One call at a time. The password of a user named `locked` is never right.
 */

/** What the test may call here. */
export type CoreFunctions = typeof functions;

type Invite = [request: IncomingRequest, response: ResponseSender];

const incoming = new EventEmitter<{ invite: Invite }>();
const invites = on(incoming, 'invite') as AsyncIterator<Invite>;
const sdpType = { 'Content-Type': 'application/sdp' };

let srf: Srf | undefined;
/** Sets the Route that leads to a UE (RFC 3327 §5.3), which the SIP server below takes from nobody. */
let relay: EgressRelay | undefined;
let own = { address: '', tone: 0 };
/** The UE that registered last. */
let ue = { contact: '', path: '' };
let call: { dialog: Dialog; media: PlainMedia; informed: string[] } | undefined;
/** Texts of UEs, oldest first. */
const messages: string[] = [];

const functions = {
  /** @param tone that is sent, Hz */
  async open(address: string, tone: number): Promise<void> {
    own = { address, tone };
    const contacts = [`sip:${address}:5060;transport=udp`];
    const logger = createLogger('warn');
    const server = [{ address, port: 5060, transports: ['udp' as const] }];
    relay = new EgressRelay({ hosts: [address], server, logger });
    await relay.start();
    const link = await SipLink.open({ contacts, logger }, (opened) => {
      opened.handle('REGISTER', register);
      opened.handle('INVITE', (request, response) => void incoming.emit('invite', request, response));
      opened.handle('MESSAGE', (request, response) => {
        messages.push(request.body);
        response.send(200, undefined);
      });
    });
    srf = link.srf;
  },
  /** Answers the call that comes in, or has come in. */
  async take(): Promise<void> {
    const [request, response] = (await invites.next()).value as Invite;
    const media = new PlainMedia(own.address, own.tone);
    await opened(srf).createUas(request, response, {
      localSdp: await media.answer(request.body),
      onDialog: (dialog) => begun(dialog, media),
    });
  },
  /** Calls the UE that registered last; resolves once it has answered. */
  async call(kinds: Kind[]): Promise<void> {
    const media = new PlainMedia(own.address, own.tone);
    for (const kind of kinds) await media.add(kind);
    const { proxy, headers } = towardUe(sdpType);
    const invite = { method: 'INVITE' as const, proxy, headers, body: await media.offer() };
    await new Promise<void>((resolve, reject) => {
      const sent = opened(srf).request(ue.contact, invite, (request) => {
        request.on('response', (response, acknowledge) => {
          if (response.status >= 300) reject(new Error(`INVITE was answered ${response.status} ${response.reason}`));
          if (response.status < 200 || response.status >= 300) return;
          acknowledge();
          begun(opened(srf).uacDialog(request, response), media);
          media.accept(response.body).then(resolve, reject);
        });
      });
      sent.catch(reject);
    });
  },
  /** Puts the UE on hold or takes it back, by a re-INVITE. */
  async hold(holding: boolean): Promise<void> {
    const { dialog, media } = opened(call);
    media.hold(holding);
    const body = await media.offer();
    const { response } = await opened(srf).requestInDialog(dialog, { method: 'INVITE', headers: sdpType, body });
    if (response.status !== 200) throw new Error(`re-INVITE was answered ${response.status}`);
    await media.accept(response.body);
  },
  /** How much of the sound that comes next is a tone of this frequency (Hz), 0 to 1. */
  hear: async (frequency: number): Promise<number> => opened(call).media.hear(frequency),
  /** Every SDP of the far end in this call, oldest first. */
  sdps: (): string[] => opened(call).media.remoteSdps,
  /** What was pressed at the far end in this call: in RTP, then by INFO. */
  digits: (): string => opened(call).media.digits + opened(call).informed.join(''),
  messages: (): readonly string[] => messages,
  /** Sends a text to the UE that registered last; resolves once it was taken. */
  async write(text: string): Promise<void> {
    const { proxy, headers } = towardUe({ 'Content-Type': 'text/plain' });
    const { status } = await opened(srf).send(ue.contact, { method: 'MESSAGE', proxy, headers, body: text });
    if (status !== 200) throw new Error(`MESSAGE was answered ${status}`);
  },
  async hangUp(): Promise<void> {
    const ending = call;
    call = undefined;
    // The UE's BYE may be on its way.
    await ending?.dialog.destroy().catch(() => undefined);
    ending?.media.close();
  },
};

serveParent(functions);

function towardUe(more: Headers): { proxy: string; headers: Headers } {
  const { proxy, headers } = opened(relay).send({ nextHop: uriOf(ue.path), routes: [ue.path] });
  return { proxy, headers: { From: '<sip:core@example.net>', To: '<sip:ue@example.net>', ...more, ...headers } };
}

function register(request: IncomingRequest, response: ResponseSender): void {
  if (request.getParsedHeader('to').uri.startsWith('sip:locked@')) {
    const challenge = `Digest realm="example.net", nonce="${randomUUID()}", algorithm=MD5`;
    response.send(401, undefined, { headers: { 'WWW-Authenticate': challenge } });
    return;
  }
  const [contact] = request.getParsedHeader('contact');
  ue = { contact: contact?.uri ?? '', path: request.get('Path') ?? '' };
  const isLeaving = /;expires=0\b/.test(request.get('Contact') ?? '');
  const bound = isLeaving ? {} : { Contact: `<${ue.contact}>;expires=600` };
  response.send(200, undefined, { headers: { ...bound, Path: ue.path, Supported: 'path' } });
}

function begun(dialog: Dialog, media: PlainMedia): void {
  const informed: string[] = [];
  call = { dialog, media, informed };
  dialog.on('info', (request, response) => {
    informed.push(/^Signal=\s*(\S)/m.exec(request.body)?.[1] ?? '?');
    response.send(200, undefined);
  });
  dialog.on('modify', (request, response) => {
    media.answer(request.body).then(
      (body) => response.send(200, undefined, { headers: sdpType, body }),
      () => response.send(500, undefined),
    );
  });
}

function opened<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('There is none yet');
  return value;
}

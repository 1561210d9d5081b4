import type { CallTable } from '../calls/call-table';
import type { IncomingRequest, Method, ResponseSender } from '../drachtio/messages';
import type { Srf } from '../drachtio/srf';
import { EdgeError } from '../errors';
import type { MediaAnchor, Side } from '../media/media-anchor';
import type { Logger } from '../ops/logger';
import { CallSession, type SipEdge, type SipTimers } from './call-session';
import { CallSetup } from './call-setup';
import { FlowTokens } from './flow-token';
import { unmetOptions } from './header-policy';
import { forwardRegister } from './registering';
import { Routing } from './routing';
import { parseContact, SideByAddress, type Contact } from './side-by-address';
import { reply, verdictOf, type Verdict } from './verdict';

export interface PcscfSettings {
  /** Where UEs reach us, in the manner of drachtio: `sip:198.51.100.1:5060;transport=udp,tcp`. */
  accessContacts: string[];
  /** Where the core reaches us; the first goes into Path. */
  coreContacts: string[];
  /** SIP URI that requests of UEs are sent to. */
  coreNextHop: string;
  /** The first signs flow tokens, all verify. */
  flowTokenKeys: string[];
  timers?: Partial<SipTimers>;
}

export interface PcscfOptions {
  srf: Srf;
  anchor: MediaAnchor;
  calls: CallTable;
  settings: PcscfSettings;
  logger: Logger;
}

const defaultTimers: SipTimers = {
  ringing: 185_000,
  prack: 20_000,
  prackGivenUp: 33_000,
  ack: 32_000,
  sessionSecond: 1000,
};

/** What passes between UEs and core as it is, outside of calls. */
const proxied: Method[] = ['MESSAGE', 'SUBSCRIBE', 'PUBLISH', 'NOTIFY', 'INFO', 'REFER'];

/**
 * The P-CSCF: registers its handlers with `srf`, which is to be connected afterwards. `close` ends all calls
 * and takes no new ones; it resolves when their media is released.
 * @throws EdgeError `config-invalid`
 */
export function startPcscf(options: PcscfOptions): { close(): Promise<void> } {
  return new Pcscf(options);
}

class Pcscf {
  readonly #options: PcscfOptions;
  readonly #edge: SipEdge;
  readonly #sides: SideByAddress;
  readonly #routing: Routing;
  readonly #tokens: FlowTokens;
  readonly #coreContact: Contact;
  /** What PRACKs are for: the setup of each call, by the dialog id of the caller's leg. */
  readonly #setups = new Map<string, CallSetup>();
  #closed = false;

  constructor(options: PcscfOptions) {
    this.#options = options;
    const { srf, settings } = options;
    const core = settings.coreContacts.map(parseContact);
    const [coreContact] = core;
    const [firstKey, ...keys] = settings.flowTokenKeys;
    if (!coreContact) throw new EdgeError('config-invalid', 'There is no core contact.');
    if (firstKey === undefined) throw new EdgeError('config-invalid', 'There is no flow token key.');
    this.#coreContact = coreContact;
    this.#sides = new SideByAddress(settings.accessContacts.map(parseContact), core);
    this.#tokens = new FlowTokens([firstKey, ...keys]);
    this.#routing = new Routing(this.#sides, this.#tokens, settings.coreNextHop);
    this.#edge = { srf, agent: coreContact.address, timers: { ...defaultTimers, ...settings.timers } };
    this.#handleRequests(srf);
    this.#watchLink(srf);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#options.calls.endAll('shutdown');
  }

  #handleRequests(srf: Srf): void {
    srf.handle('INVITE', (request, response) => this.#invite(request, response));
    srf.handle('REGISTER', (request, response) => this.#register(request, response));
    srf.handle('OPTIONS', (request, response) =>
      this.#isForUs(request) ? reply(response, ok) : this.#proxy(request, response),
    );
    for (const method of proxied) srf.handle(method, (request, response) => this.#proxy(request, response));
    srf.handle('PRACK', (request, response) => this.#prack(request, response));
    // Whatever belongs to a call goes to its dialog; what comes here belongs to none that we know.
    srf.handle('UPDATE', (_request, response) => reply(response, noSuchDialog));
    srf.handle('BYE', (_request, response) => reply(response, noSuchDialog));
  }

  #watchLink(srf: Srf): void {
    const { calls, logger } = this.#options;
    srf.on('connect', (contacts, version) => logger.info({ contacts, version }, 'connected to drachtio'));
    srf.on('disconnect', () => {
      if (this.#closed) return;
      // The server gives their dialogs to no other connection, not even to our next one.
      logger.error({ calls: calls.size }, 'link to drachtio lost: calls under way are released, reconnecting');
      void calls.endAll('link-lost');
    });
    srf.on('error', (error) => logger.error({ err: error }, error.message));
  }

  #invite(request: IncomingRequest, response: ResponseSender): void {
    const { anchor, calls, logger } = this.#options;
    try {
      const side = this.#admit(request);
      const target = side === 'access' ? this.#routing.originating(request) : this.#routing.terminating(request);
      const direction = side === 'access' ? 'originating' : 'terminating';
      const call = calls.open(direction, request.get('call-id') ?? '', anchor);
      const log = logger.child({ call: call.id });
      log.info({ direction, sipCallId: call.facts.sipCallId, uri: request.uri }, 'call started');
      const key = dialogId(request);
      const session = new CallSession(this.#edge, call, log, target.policy);
      const setup = new CallSetup(session, { request, response }, target, () => this.#setups.delete(key));
      this.#setups.set(key, setup);
      setup.start();
    } catch (error) {
      this.#refuse(request, response, error);
    }
  }

  /** The side that an INVITE came from; throws where it cannot be served (RFC 3261 §8.2, §16.3). */
  #admit(request: IncomingRequest): Side {
    const refuse = (code: string, sipStatus: number, message: string) => new EdgeError(code, message, { sipStatus });
    if (this.#closed) throw refuse('shutting-down', 503, 'The edge is shutting down.');
    const side = this.#sides.of(request.receivedOn);
    if (request.getParsedHeader('to').params['tag'] !== undefined)
      throw refuse('sip-no-dialog', 481, 'There is no such call.');
    if (!side) throw refuse('sip-unknown-contact', 403, `${request.receivedOn ?? 'nowhere'} is no contact of ours.`);
    if (!request.has('contact')) throw refuse('sip-invalid', 400, 'The INVITE has no Contact.');
    if (Number(request.get('max-forwards') ?? 70) <= 0) throw refuse('sip-hops', 483, 'The INVITE has no hops left.');
    const type = request.get('content-type') ?? 'application/sdp';
    if (request.body && !/^application\/sdp\b/i.test(type)) throw refuse('sip-type', 415, `${type} is not served.`);
    if (unmetOptions(request).length > 0) throw refuse('sip-extension', 420, 'The INVITE requires what we lack.');
    return side;
  }

  async #register(request: IncomingRequest, response: ResponseSender): Promise<void> {
    const { srf, settings } = this.#options;
    if (this.#sides.of(request.receivedOn) !== 'access') {
      reply(response, { status: 403, headers: {} });
      return;
    }
    const { coreNextHop } = settings;
    try {
      const options = { srf, tokens: this.#tokens, coreNextHop, coreContact: this.#coreContact };
      const status = await forwardRegister(request, options);
      this.#options.logger.debug({ aor: request.getParsedHeader('to').uri, status }, 'register');
    } catch (error) {
      this.#refuse(request, response, error);
    }
  }

  async #proxy(request: IncomingRequest, response: ResponseSender): Promise<void> {
    try {
      const side = this.#sides.of(request.receivedOn);
      if (request.getParsedHeader('to').params['tag'] !== undefined) {
        reply(response, noSuchDialog);
        return;
      }
      const { proxy } = side === 'access' ? this.#routing.originating(request) : this.#routing.terminating(request);
      await this.#options.srf.proxyRequest(request, proxy);
    } catch (error) {
      this.#refuse(request, response, error);
    }
  }

  async #prack(request: IncomingRequest, response: ResponseSender): Promise<void> {
    const provisional = this.#setups.get(dialogId(request))?.provisional;
    if (provisional) await provisional.prack(request, response);
    else reply(response, noSuchDialog);
  }

  #refuse(request: IncomingRequest, response: ResponseSender, error: unknown): void {
    const verdict = verdictOf(error, this.#edge.agent);
    if (verdict.status === 415) verdict.headers['Accept'] = 'application/sdp';
    if (verdict.status === 420) verdict.headers['Unsupported'] = unmetOptions(request).join(', ');
    const { method, uri, source_address: source } = request;
    this.#options.logger.info({ method, uri, source, status: verdict.status, err: error }, 'request refused');
    reply(response, verdict);
  }

  #isForUs(request: IncomingRequest): boolean {
    return !request.has('route') && this.#routing.isForUs(request.uri);
  }
}

const ok: Verdict = { status: 200, headers: { Accept: 'application/sdp' } };
const noSuchDialog: Verdict = { status: 481, headers: {} };

/** drachtio's name for the dialog of a caller's leg: its Call-ID and From tag. */
function dialogId(request: IncomingRequest): string {
  return `${request.get('call-id') ?? ''};from-tag=${request.getParsedHeader('from').params['tag'] ?? ''}`;
}

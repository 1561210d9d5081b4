import type { CallTable } from '../calls/call-table';
import type { IncomingRequest, Method, ResponseSender } from '../drachtio/messages';
import type { Srf } from '../drachtio/srf';
import { EdgeError } from '../errors';
import type { MediaAnchor, Side } from '../media/media-anchor';
import type { Logger } from '../ops/logger';
import { RequestAdmission, hasToTag, refusal, unmetOptions } from './request-admission';
import { CallSession, type SipEdge, type SipTimers } from './call-session';
import { CallSetup } from './call-setup';
import { CallsOnFlow } from './calls-on-flow';
import { parseContact } from './contact';
import { DialogIndex } from './dialog-index';
import type { Egress } from './egress';
import { EmergencyRefused, type EmergencySettings } from './emergency';
import { exchange } from './exchanges';
import { FlowTokens } from './flow-token';
import { Originating } from './originating';
import { OwnAddresses } from './own-addresses';
import { Registrar } from './registrar';
import type { RegistrationStore } from './registration';
import { SideByAddress } from './side-by-address';
import { serverDialogId } from './server-dialog-id';
import { Subscriptions } from './subscriptions';
import type { Target } from './target';
import { Terminating } from './terminating';
import type { AccessNetworkInfo } from './trust';
import { noConnections, ueAddressOf, type UeConnections } from './ue-connections';
import { reply, verdictOf, type Verdict } from './verdict';

export interface PcscfSettings {
  /** Where UEs reach the SIP server, in the manner of drachtio: `sip:198.51.100.1:5060;transport=udp,tcp`. */
  accessContacts: string[];
  /** Where UEs reach the access listener, in the same manner. */
  publicContacts?: string[];
  /** Where the core reaches us; the first goes into Path. */
  coreContacts: string[];
  /** SIP URI that requests of UEs are sent to: REGISTER, and what has no Service-Route. */
  coreNextHop: string;
  /** Whether INVITE and SUBSCRIBE of UEs go by the relay without a Service-Route, too. */
  relayAlways?: boolean;
  /** The first signs flow tokens, all verify. */
  flowTokenKeys: string[];
  /** Name of this network for P-Visited-Network-ID (RFC 7315 §4.3); undefined: none is sent. */
  visitedNetworkId?: string | undefined;
  /** Value of `integrity-protected` in a UE's Authorization; undefined: none. */
  integrityProtected?: string | undefined;
  /** P-Access-Network-Info of UEs: `pass`, `remove`, or the value to send instead. */
  accessNetworkInfo?: AccessNetworkInfo;
  emergency?: EmergencySettings;
  /** Whether a call ends when nothing comes from its UE on a stream any more. Default: it does not. */
  releaseOnMediaLoss?: boolean;
  timers?: Partial<SipTimers>;
}

export interface PcscfOptions {
  srf: Srf;
  anchor: MediaAnchor;
  calls: CallTable;
  registrations: RegistrationStore;
  egress: Egress;
  /** The access listener, where there is one. */
  connections?: UeConnections | undefined;
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

/** What passes between UEs and core outside of calls. */
const passed: Method[] = ['MESSAGE', 'SUBSCRIBE', 'PUBLISH', 'NOTIFY', 'INFO', 'OPTIONS'];

/** Requests outside of calls that may be under way at once. */
const mostExchanges = 10_000;

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
  readonly #admission: RequestAdmission;
  readonly #own: OwnAddresses;
  readonly #registrar: Registrar;
  readonly #originating: Originating;
  readonly #terminating: Terminating;
  readonly #subscriptions: Subscriptions;
  /** What PRACKs are for: the setup of each call, by the dialog id of the caller's leg. */
  readonly #setups = new Map<string, CallSetup>();
  readonly #callsOnFlow: CallsOnFlow;
  #exchanges = 0;
  #closed = false;

  constructor(options: PcscfOptions) {
    this.#options = options;
    const { srf, settings, egress, registrations: store, connections = noConnections, logger } = options;
    const { coreNextHop, visitedNetworkId, integrityProtected, accessNetworkInfo = 'pass' } = settings;
    const access = settings.accessContacts.map(parseContact);
    const core = settings.coreContacts.map(parseContact);
    const [coreContact] = core;
    const [firstKey, ...keys] = settings.flowTokenKeys;
    if (!coreContact) throw new EdgeError('config-invalid', 'There is no core contact.');
    if (firstKey === undefined) throw new EdgeError('config-invalid', 'There is no flow token key.');
    const toCore = new Set<string>();
    this.#admission = new RequestAdmission(new SideByAddress(access, core), toCore);
    const own = new OwnAddresses([...access, ...core, ...(settings.publicContacts ?? []).map(parseContact)]);
    this.#own = own;
    const tokens = new FlowTokens([firstKey, ...keys]);
    const registrar = new Registrar({
      ...{ srf, store, tokens, egress, connections, coreNextHop, coreContact, logger },
      settings: { visitedNetworkId, integrityProtected, accessNetworkInfo },
    });
    this.#registrar = registrar;
    const coreHost = coreContact.address;
    const emergency = settings.emergency ?? { numbers: [] };
    const shared = { registrar, connections, own, coreHost, accessNetworkInfo };
    this.#originating = new Originating({
      ...{ ...shared, egress, coreNextHop, emergency },
      relayAlways: settings.relayAlways ?? false,
    });
    this.#terminating = new Terminating({ ...shared, tokens });
    this.#subscriptions = new Subscriptions({ srf, registrar, toCore });
    const timers = { ...defaultTimers, ...settings.timers };
    this.#edge = {
      ...{ srf, agent: coreHost, timers, dialogs: new DialogIndex(), toCore, egress },
      releaseOnMediaLoss: settings.releaseOnMediaLoss ?? false,
    };
    this.#handleRequests(srf);
    this.#watchLink(srf);
    this.#watchMedia();
    this.#callsOnFlow = new CallsOnFlow(registrar);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#registrar.close();
    this.#subscriptions.forgetAll();
    await this.#options.calls.endAll('shutdown');
  }

  #handleRequests(srf: Srf): void {
    srf.handle('INVITE', (request, response) => this.#invite(request, response));
    srf.handle('REGISTER', (request, response) => this.#register(request, response));
    for (const method of passed) srf.handle(method, (request, response) => this.#exchange(request, response));
    srf.handle('PRACK', (request, response) => this.#prack(request, response));
    // Whatever belongs to a call goes to its dialog; what comes here belongs to none that we know.
    srf.handle('UPDATE', (_request, response) => reply(response, noSuchDialog));
    srf.handle('BYE', (_request, response) => reply(response, noSuchDialog));
    srf.handle('REFER', (_request, response) => reply(response, notAllowed));
  }

  #watchLink(srf: Srf): void {
    const { calls, logger } = this.#options;
    srf.on('connect', (contacts, version) => logger.info({ contacts, version }, 'connected to drachtio'));
    srf.on('disconnect', () => {
      if (this.#closed) return;
      // The server gives their dialogs to no other connection, not even to our next one.
      logger.error({ calls: calls.size }, 'link to drachtio lost: calls under way are released, reconnecting');
      this.#subscriptions.forgetAll();
      void calls.endAll('link-lost');
    });
    srf.on('error', (error) => logger.error({ err: error }, error.message));
  }

  #watchMedia(): void {
    const { anchor, calls, logger } = this.#options;
    anchor.on('selected', (path) => logger.info(path, 'media has its path'));
    anchor.on('connection-lost', (path) => logger.info(path, 'the connection of a stream ended'));
    anchor.on('media-lost', (path) => logger.warn(path, 'nothing comes from the UE any more'));
    calls.follow(anchor);
    calls.on('ended', ({ id, streams }) => logger.info({ call: id, streams }, 'media released'));
  }

  async #invite(request: IncomingRequest, response: ResponseSender): Promise<void> {
    const cancelled = new AbortController();
    request.once('cancel', () => cancelled.abort());
    try {
      this.#mustBeOpen();
      const side = this.#admission.sideOfCall(request);
      const target = await this.#target(side, request);
      // The server has answered it.
      if (cancelled.signal.aborted) return;
      this.#startCall(side, request, response, target);
    } catch (error) {
      this.#refuse(request, response, error);
    }
  }

  #startCall(side: Side, request: IncomingRequest, response: ResponseSender, target: Target): void {
    const { anchor, calls, logger } = this.#options;
    const direction = side === 'access' ? 'originating' : 'terminating';
    this.#callsOnFlow.mustHaveRoom(target);
    const ueAddress = ueAddressOf(target.flow, this.#options.connections ?? noConnections);
    const call = calls.open({ direction, sipCallId: request.get('call-id') ?? '', ueAddress }, anchor);
    const log = logger.child({ call: call.id });
    log.info({ direction, sipCallId: call.facts.sipCallId, uri: request.uri }, 'call started');
    this.#callsOnFlow.keep(target.flow, call);
    const key = serverDialogId(request);
    const session = new CallSession(this.#edge, call, log, target.policy);
    const setup = new CallSetup(session, { request, response }, target, () => this.#setups.delete(key));
    this.#setups.set(key, setup);
    setup.start();
  }

  #target(side: Side, request: IncomingRequest): Promise<Target> {
    return side === 'access' ? this.#originating.target(request) : this.#terminating.target(request);
  }

  async #register(request: IncomingRequest, response: ResponseSender): Promise<void> {
    await this.#counted(request, response, async () => {
      if (this.#admission.sideOf(request) !== 'access')
        throw refusal('sip-wrong-side', 403, 'The core does not register here.');
      await this.#registrar.register(request, response, this.#originating.uriFor(request.uri));
    });
  }

  async #exchange(request: IncomingRequest, response: ResponseSender): Promise<void> {
    await this.#counted(request, response, async () => {
      const { srf } = this.#options;
      if (hasToTag(request)) {
        if (!(await this.#subscriptions.inDialog(request, response))) reply(response, noSuchDialog);
        return;
      }
      if (request.method === 'OPTIONS' && !request.has('route') && this.#own.isForUs(request.uri)) {
        reply(response, ok);
        return;
      }
      const from = this.#admission.sideOf(request);
      const target = await this.#target(from, request);
      const way = { from, target };
      try {
        if (request.method === 'SUBSCRIBE') await this.#subscriptions.subscribe(request, response, way);
        else await exchange(srf, request, response, way);
      } catch (error) {
        if (error instanceof EdgeError && error.code === 'flow-failed') await this.#registrar.lose(target.flow);
        throw error;
      }
    });
  }

  /** Serves a request outside of calls, unless too many are under way, and answers it where that fails. */
  async #counted(request: IncomingRequest, response: ResponseSender, serve: () => Promise<void>): Promise<void> {
    this.#exchanges += 1;
    try {
      if (this.#exchanges > mostExchanges) {
        const message = 'There are as many requests under way as there may be.';
        throw new EdgeError('too-many-requests', message, { sipStatus: 503, retryAfter: 10 });
      }
      this.#mustBeOpen();
      await serve();
    } catch (error) {
      this.#refuse(request, response, error);
    } finally {
      this.#exchanges -= 1;
    }
  }

  #mustBeOpen(): void {
    if (this.#closed) throw refusal('shutting-down', 503, 'The edge is shutting down.');
  }

  async #prack(request: IncomingRequest, response: ResponseSender): Promise<void> {
    const provisional = this.#setups.get(serverDialogId(request))?.provisional;
    if (provisional) await provisional.prack(request, response);
    else reply(response, noSuchDialog);
  }

  #refuse(request: IncomingRequest, response: ResponseSender, error: unknown): void {
    const verdict: Verdict & { body?: string } = verdictOf(error, this.#edge.agent);
    if (verdict.status === 415) verdict.headers['Accept'] = 'application/sdp';
    if (verdict.status === 420) verdict.headers['Unsupported'] = unmetOptions(request).join(', ');
    if (error instanceof EmergencyRefused) {
      verdict.headers['Content-Type'] = error.contentType;
      verdict.body = error.body;
    }
    const { method, uri, source_address: source } = request;
    const about = { method, uri, source, status: verdict.status };
    const { logger } = this.#options;
    // What any stranger can make us say must not fill the log, nor hide what an operator has to mend.
    if (!(error instanceof EdgeError)) logger.error({ ...about, err: error }, 'request failed');
    else if (verdict.status >= 500 || error.code === 'sip-same-dialog') logger.warn({ ...about }, error.message);
    else logger.debug({ ...about }, error.message);
    reply(response, verdict);
  }
}

const ok: Verdict = { status: 200, headers: { Accept: 'application/sdp' } };
const noSuchDialog: Verdict = { status: 481, headers: {} };
/** drachtio-server gives no REFER outside a dialog to an app; here it is for others that do. */
const notAllowed: Verdict = {
  status: 405,
  headers: { Allow: ['INVITE', 'ACK', 'CANCEL', 'BYE', 'PRACK', 'UPDATE', 'REGISTER', ...passed].join(', ') },
};

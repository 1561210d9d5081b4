import { setTimeout } from 'node:timers/promises';
import type { IncomingRequest, Method, ResponseSender } from '../drachtio/messages';
import type { Srf } from '../drachtio/srf';
import type { Call } from '../calls/call';
import { EdgeError } from '../errors';
import type { AddressFamily } from '../ip-address';
import type { SelectedPath, Side } from '../media/media-anchor';
import { monotonicNow } from '../ops/clock';
import { OccasionalLog } from '../ops/occasional-log';
import { networkOf } from '../ip-address';
import { shareLimits } from '../shares/limits';
import { RequestShares } from '../shares/request-shares';
import { TokenBuckets } from '../shares/token-buckets';
import { RequestAdmission, hasToTag } from './request-admission';
import { CallSession } from './call-session';
import { CallSetup } from './call-setup';
import { CallShares } from './call-shares';
import { CallsOnFlow } from './calls-on-flow';
import { CoreRequests } from './core-requests';
import { parseContact } from './contact';
import { DialogIndex } from './dialog-index';
import { exchange } from './exchanges';
import { Farewells } from './farewells';
import { flowKey, FlowTokens } from './flow-token';
import { isRemoval } from './granted-contacts';
import { HeaderTable } from './header-table';
import { Originating } from './originating';
import { OwnAddresses } from './own-addresses';
import type { PcscfOptions } from './pcscf-settings';
import { Registrar } from './registrar';
import { Refusals } from './refusals';
import { RequestRoom } from './request-room';
import type { SipEdge, SipTimers } from './sip-edge';
import { SideByAddress } from './side-by-address';
import { serverDialogId } from './server-dialog-id';
import { Subscriptions } from './subscriptions';
import type { Target } from './target';
import { Terminating } from './terminating';
import { flowOf, noConnections, ueAddressOf } from './ue-connections';
import { reply, type Verdict } from './verdict';

const defaultTimers: SipTimers = {
  ringing: 185_000,
  prack: 20_000,
  prackGivenUp: 33_000,
  ack: 32_000,
  sessionSecond: 1000,
  bye: 2000,
};

/** What passes between UEs and core outside of calls. */
const passed: Method[] = ['MESSAGE', 'SUBSCRIBE', 'PUBLISH', 'NOTIFY', 'INFO', 'OPTIONS'];

export interface RunningPcscf {
  /**
   * Refuses new calls and registrations with 503 from now on. What is under way goes on, and a UE in a call may still
   * refresh its registration. Resolves when no call is left.
   */
  drain(): Promise<void>;
  /** Ends all calls and takes no new ones. Resolves when their media is released and their ends have heard of it. */
  close(): Promise<void>;
}

/**
 * The P-CSCF: registers its handlers with `srf`, which is to be connected afterwards.
 * @throws EdgeError `config-invalid`
 */
export function startPcscf(options: PcscfOptions): RunningPcscf {
  return new Pcscf(options);
}

class Pcscf implements RunningPcscf {
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
  readonly #refusals: Refusals;
  readonly #callShares: CallShares;
  readonly #room: RequestRoom;
  #state: 'ready' | 'draining' | 'closed' = 'ready';

  constructor(options: PcscfOptions) {
    this.#options = options;
    const { srf, settings, egress, registrations: store, connections = noConnections, calls, logger } = options;
    const { coreNextHop, visitedNetworkId, integrityProtected, accessNetworkInfo = 'pass' } = settings;
    const access = settings.accessContacts.map(parseContact);
    const core = settings.coreContacts.map(parseContact);
    const [coreContact] = core;
    const [firstKey, ...keys] = settings.flowTokenKeys;
    if (!coreContact) throw new EdgeError('config-invalid', 'There is no core contact.');
    if (firstKey === undefined) throw new EdgeError('config-invalid', 'There is no flow token key.');
    const toCore = new Set<string>();
    this.#admission = new RequestAdmission(new SideByAddress(access, core), toCore);
    const own = new OwnAddresses([...access, ...core, ...(settings.publicContacts ?? []).map(parseContact)], egress);
    this.#own = own;
    const tokens = new FlowTokens([firstKey, ...keys]);
    const table = new HeaderTable(settings.moreHeaders);
    const relayAlways = settings.relayAlways ?? false;
    const registrar = new Registrar({
      relayAlways,
      ...{ srf, store, tokens, egress, connections, coreNextHop, coreContact, logger },
      settings: { visitedNetworkId, integrityProtected, accessNetworkInfo, table },
    });
    this.#registrar = registrar;
    const coreHost = coreContact.address;
    this.#refusals = new Refusals(coreHost, logger);
    const emergency = settings.emergency ?? { numbers: [] };
    const shared = { registrar, connections, own, egress, coreHost, accessNetworkInfo, table };
    this.#originating = new Originating({
      ...{ ...shared, coreNextHop, emergency, relayAlways },
      keepsCallIds: settings.keepsCallIds ?? false,
    });
    this.#terminating = new Terminating({ ...shared, tokens });
    const limits = options.shares ?? shareLimits();
    const coreRequests = new CoreRequests(limits);
    const mostOfUe = limits.ue.subscriptions;
    this.#subscriptions = new Subscriptions({ srf, registrar, connections, egress, toCore, coreRequests, mostOfUe });
    const timers = { ...defaultTimers, ...settings.timers };
    this.#edge = {
      ...{ srf, agent: coreHost, timers, dialogs: new DialogIndex(), toCore, byes: new Map(), egress, coreRequests },
      farewells: new Farewells(egress),
      progress: new TokenBuckets(limits.progressOfCall, monotonicNow),
      occasionally: new OccasionalLog(logger),
      releaseOnMediaLoss: settings.releaseOnMediaLoss ?? false,
    };
    this.#handleRequests(srf);
    this.#watchLink(srf);
    calls.on('ended', ({ id, streams }) => logger.info({ call: id, streams }, 'media released'));
    this.#callsOnFlow = new CallsOnFlow(registrar);
    this.#callShares = new CallShares(limits);
    const shares = options.requests ?? new RequestShares(limits);
    this.#room = new RequestRoom({
      limits,
      shares,
      coreRequests,
      registrar,
      connections,
      emergency,
      load: options.load,
    });
  }

  async drain(): Promise<void> {
    if (this.#state === 'ready') this.#state = 'draining';
    await this.#options.calls.emptied();
  }

  async close(): Promise<void> {
    this.#state = 'closed';
    this.#registrar.close();
    this.#subscriptions.forgetAll();
    await this.#options.calls.endAll('shutdown');
    const { byes, timers } = this.#edge;
    await Promise.race([Promise.all(byes.keys()), setTimeout(timers.bye, undefined, { ref: false })]);
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
    const { calls, connections = noConnections, logger } = this.#options;
    const { byes, farewells } = this.#edge;
    srf.on('connect', (contacts, version) => {
      logger.info({ contacts, version }, 'connected to drachtio');
      if (farewells.size === 0) return;
      logger.warn({ calls: farewells.size }, 'far ends of calls that drachtio has lost get a BYE');
      void farewells.send(srf);
    });
    srf.on('silent', (seconds) =>
      logger.error({ seconds }, 'drachtio does not answer: nothing can be set up or ended until it does'),
    );
    srf.on('answering', () => logger.info('drachtio answers again'));
    srf.on('disconnect', () => {
      if (this.#state === 'closed') return;
      // Calls whose UE's connection ended with the server are among those whose BYE is not answered.
      const lost = [...byes.values()].filter((farewell) => farewell !== undefined);
      byes.clear();
      // The server gives their dialogs to no other connection, not even to our next one.
      const message = 'link to drachtio lost: calls under way are released, reconnecting';
      logger.error({ calls: calls.size + lost.length }, message);
      for (const farewell of lost) farewells.add(farewell);
      this.#subscriptions.forgetAll();
      void calls.endAll('link-lost');
      this.#options.egress.serverLost();
      connections.endCalls();
    });
    srf.on('error', (error) => this.#edge.occasionally.error({ err: error }, error.message, error.code));
  }

  #logMedia({ media }: Call): void {
    // Of each stream by itself: a UE may come and go as often as it likes.
    const told = (level: 'info' | 'warn', path: SelectedPath, message: string) =>
      this.#edge.occasionally[level](path, message, `${message} ${path.call} ${path.line}`);
    media.on('selected', (path) => told('info', path, 'media has its path'));
    media.on('connection-lost', (path) => told('info', path, 'the connection of a stream ended'));
    media.on('media-lost', (path) => told('warn', path, 'nothing comes from the UE any more'));
  }

  async #invite(request: IncomingRequest, response: ResponseSender): Promise<void> {
    const cancelled = new AbortController();
    request.once('cancel', () => cancelled.abort());
    try {
      this.#mustTakeNew();
      this.#room.mustHaveTime(request);
      const side = this.#admission.sideOfCall(request);
      if (side === 'access') await this.#room.mustBeInShare(request);
      const target = await this.#target(side, request);
      const coreFamily = await target.coreFamily();
      // The server has answered it.
      if (cancelled.signal.aborted) return;
      this.#mustTakeNew();
      this.#startCall(side, request, response, target, coreFamily);
    } catch (error) {
      this.#refusals.refuse(request, response, error);
    }
  }

  #startCall(
    side: Side,
    request: IncomingRequest,
    response: ResponseSender,
    target: Target,
    coreFamily: AddressFamily | undefined,
  ): void {
    const { anchor, calls, logger } = this.#options;
    const direction = side === 'access' ? 'originating' : 'terminating';
    const ueAddress = ueAddressOf(target.flow, this.#options.connections ?? noConnections);
    const source = networkOf(ueAddress);
    this.#callShares.mustHaveRoom(direction, target, source);
    const ue = target.ue ?? flowKey(target.flow);
    const call = calls.open(
      {
        direction,
        sipCallId: request.get('call-id') ?? '',
        ueAddress,
        coreFamily,
        ue,
        isEmergency: target.isEmergency,
      },
      anchor,
    );
    const log = logger.child({ call: call.id });
    log.info({ direction, sipCallId: call.facts.sipCallId, uri: request.uri }, 'call started');
    this.#logMedia(call);
    this.#callShares.keep(call, target, source);
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
        throw new EdgeError('sip-wrong-side', 'The core does not register here.');
      // In a drain, or under load: without its registration, the UE's call would end.
      const flow = flowOf(request, this.#options.connections ?? noConnections);
      if (!this.#callsOnFlow.has(flow) && !isRemoval(request)) {
        this.#mustTakeNew();
        this.#room.mustHaveTime(request);
      }
      await this.#room.mustBeInShare(request);
      const uri = this.#originating.uriFor(request.uri);
      await this.#room.ofRegistering(flow, () => this.#registrar.register(request, response, uri));
    });
  }

  async #exchange(request: IncomingRequest, response: ResponseSender): Promise<void> {
    await this.#counted(request, response, async () => {
      const { srf } = this.#options;
      if (hasToTag(request)) {
        if (!(await this.#subscriptions.inDialog(request, response))) reply(response, noSuchDialog);
        return;
      }
      if (this.#admission.isFromUe(request)) await this.#room.mustBeInShare(request);
      if (request.method === 'OPTIONS' && !request.has('route') && this.#own.isForUs(request.uri)) {
        // It may be asked whether it is to get calls.
        this.#mustTakeNew();
        reply(response, ok);
        return;
      }
      const from = this.#admission.sideOf(request);
      const target = await this.#target(from, request);
      const way = { from, target };
      try {
        await this.#room.ofUe(target, from, () =>
          request.method === 'SUBSCRIBE'
            ? this.#subscriptions.subscribe(request, response, way)
            : exchange(srf, request, response, way),
        );
      } catch (error) {
        if (error instanceof EdgeError && error.code === 'flow-failed') await this.#registrar.lose(target.flow);
        throw error;
      }
    });
  }

  /** Serves a request outside of calls, unless too many are under way, and answers it where that fails. */
  async #counted(request: IncomingRequest, response: ResponseSender, serve: () => Promise<void>): Promise<void> {
    try {
      if (this.#state === 'closed') throw goingAway();
      await this.#room.amongAll(serve);
    } catch (error) {
      this.#refusals.refuse(request, response, error);
    }
  }

  #mustTakeNew(): void {
    if (this.#state !== 'ready') throw goingAway();
  }

  async #prack(request: IncomingRequest, response: ResponseSender): Promise<void> {
    const provisional = this.#setups.get(serverDialogId(request))?.provisional;
    if (provisional) await provisional.prack(request, response);
    else reply(response, noSuchDialog);
  }
}

/** s; what is stopped in order is mostly soon back. */
const backIn = 30;

function goingAway(): EdgeError {
  return new EdgeError('shutting-down', 'The edge is shutting down.', { retryAfter: backIn });
}

const ok: Verdict = { status: 200, headers: { Accept: 'application/sdp' } };
const noSuchDialog: Verdict = { status: 481, headers: {} };
/** drachtio-server gives no REFER outside a dialog to an app; here it is for others that do. */
const notAllowed: Verdict = {
  status: 405,
  headers: { Allow: ['INVITE', 'ACK', 'CANCEL', 'BYE', 'PRACK', 'UPDATE', 'REGISTER', ...passed].join(', ') },
};

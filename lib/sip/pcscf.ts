import { setTimeout } from 'node:timers/promises';
import { notAllowed } from '../drachtio/fence/own-answers';
import type { IncomingRequest, Method, ResponseSender } from '../drachtio/messages';
import type { Srf } from '../drachtio/srf';
import { EdgeError } from '../errors';
import type { Side } from '../media/media-anchor';
import { OccasionalLog } from '../ops/occasional-log';
import { TokenBuckets } from '../shares/token-buckets';
import { hostPort } from '../wire/sip-uri';
import { CallRequests } from './call-requests';
import { CallShares } from './call-shares';
import { CallsOnFlow } from './calls-on-flow';
import { CoreRequests } from './core-requests';
import { DialogIndex } from './dialog-index';
import { Farewells } from './farewells';
import { FlowTokens } from './flow-token';
import { HeaderTable } from './header-table';
import { Intake } from './intake';
import { Originating } from './originating';
import { OtherRequests } from './other-requests';
import { ToldAddresses } from './own-addresses';
import type { PcscfOptions, PcscfSettings } from './pcscf-settings';
import { Refusals, type Refused } from './refusals';
import { Registering } from './registering';
import { Registrar } from './registrar';
import { RequestAdmission } from './request-admission';
import { RequestRoom } from './request-room';
import { watchLink } from './server-link';
import { sipTimers, type SipEdge } from './sip-edge';
import { Subscriptions } from './subscriptions';
import { Terminating } from './terminating';
import { noConnections } from './ue-connections';
import { noSuchDialog, reply } from './final-status';

/** What passes between UEs and core outside of calls. */
const passed: Method[] = ['MESSAGE', 'SUBSCRIBE', 'PUBLISH', 'NOTIFY', 'INFO', 'OPTIONS'];

export interface RunningPcscf {
  /** Requests that were refused, by why. */
  refused(): Readonly<Partial<Record<Refused, number>>>;
  /**
   * Refuses new calls and registrations with 503 from now on. What is under way goes on, and a UE in a call may still
   * refresh its registration. Resolves when no call is left.
   */
  drain(): Promise<void>;
  /** Takes a drain back: new calls and registrations are served again. */
  resume(): void;
  /** Ends all calls and takes no new ones. Resolves when their media is released and their ends have heard of it. */
  close(): Promise<void>;
}

/**
 * The P-CSCF: registers its handlers with `srf`, which is to be connected afterwards.
 * @throws EdgeError `config-invalid`
 */
export function startPcscf(options: PcscfOptions): RunningPcscf {
  const { srf, egress, anchor, calls, registrations: store, settings, logger } = options;
  const { connections = noConnections, shares: limits, requests: shares, load } = options;
  const own = new ToldAddresses(settings, egress);
  const tokens = flowTokens(settings, own);
  const registrar = new Registrar({ store, connections, logger });
  const routing = { settings, own, registrar, connections, egress, table: new HeaderTable(settings.moreHeaders) };
  const originating = new Originating(routing);
  const terminating = new Terminating(routing, tokens);
  const registering = new Registering({ ...routing, srf, tokens, logger });
  const edge = sipEdge(options, own.core.address);
  const { toCore, coreRequests } = edge;
  const { emergency } = settings;
  const intake = new Intake();
  const callsOnFlow = new CallsOnFlow(registrar);
  const mostOfUe = limits.ue.subscriptions;
  const subscriptions = new Subscriptions({ srf, registrar, connections, egress, toCore, coreRequests, mostOfUe });
  const serving = {
    ...{ connections, intake },
    admission: new RequestAdmission(own, toCore),
    room: new RequestRoom({ limits, shares, coreRequests, registrar, connections, emergency, load }),
    targetOf: (side: Side, request: IncomingRequest) =>
      side === 'access' ? originating.target(request) : terminating.target(request),
  };
  const forCalls = { edge, anchor, calls, shares: new CallShares(limits), onFlow: callsOnFlow, logger };
  const uriFor = (uri: string) => originating.uriFor(uri);
  const refusals = new Refusals(own.core.address, logger);
  handleRequests(
    srf,
    new CallRequests({ ...serving, ...forCalls }),
    new OtherRequests({ ...serving, srf, own, registrar, registering, subscriptions, callsOnFlow, uriFor }),
    refusals,
  );
  watchLink({ edge, calls, subscriptions, connections, intake, logger });
  calls.on('ended', ({ id, streams }) => logger.info({ call: id, streams }, 'media released'));
  return {
    refused: () => refusals.counts(),
    drain: async () => {
      intake.drain();
      await calls.emptied();
    },
    resume: () => intake.resume(),
    close: async () => {
      intake.close();
      subscriptions.forgetAll();
      await calls.endAll('shutdown');
      await Promise.race([Promise.all(edge.byes.keys()), setTimeout(edge.timers.bye, undefined, { ref: false })]);
    },
  };
}

function flowTokens({ flowTokenKeys: [firstKey, ...keys] }: PcscfSettings, { core }: ToldAddresses): FlowTokens {
  if (firstKey === undefined) throw new EdgeError('config-invalid', 'There is no flow token key.');
  return new FlowTokens(hostPort(core.address, core.port), [firstKey, ...keys]);
}

function sipEdge({ srf, egress, settings, shares: limits, logger }: PcscfOptions, agent: string): SipEdge {
  return {
    ...{ srf, agent, egress, dialogs: new DialogIndex(), toCore: new Set(), byes: new Map() },
    timers: { ...sipTimers, ...settings.timers },
    coreRequests: new CoreRequests(limits),
    farewells: new Farewells(egress),
    progress: new TokenBuckets(limits.progressOfCall),
    occasionally: new OccasionalLog(logger),
    releaseOnMediaLoss: settings.releaseOnMediaLoss,
  };
}

function handleRequests(srf: Srf, calls: CallRequests, others: OtherRequests, refusals: Refusals): void {
  const serve = (method: Method, serving: (request: IncomingRequest, response: ResponseSender) => Promise<void>) =>
    srf.handle(method, (request, response) =>
      serving(request, response).catch((error: unknown) => refusals.refuse(request, response, error)),
    );
  serve('INVITE', (request, response) => calls.invite(request, response));
  serve('REGISTER', (request, response) => others.register(request, response));
  for (const method of passed) serve(method, (request, response) => others.exchange(request, response));
  srf.handle('PRACK', (request, response) => calls.prack(request, response));
  // Whatever belongs to a call goes to its dialog; what comes here belongs to none that we know.
  srf.handle('UPDATE', (_request, response) => reply(response, noSuchDialog));
  srf.handle('BYE', (_request, response) => reply(response, noSuchDialog));
  srf.handle('REFER', (_request, response) => reply(response, notAllowed));
}

import { setTimeout } from 'node:timers/promises';
import { notAllowed } from '../drachtio/fence/own-answers';
import type { IncomingRequest, Method } from '../drachtio/messages';
import type { Srf } from '../drachtio/srf';
import { EdgeError } from '../errors';
import type { Side } from '../media/media-anchor';
import { monotonicNow } from '../ops/clock';
import { OccasionalLog } from '../ops/occasional-log';
import { shareLimits, type ShareLimits } from '../shares/limits';
import { RequestShares } from '../shares/request-shares';
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
import { OwnAddresses } from './own-addresses';
import type { PcscfOptions } from './pcscf-settings';
import { Refusals } from './refusals';
import { Registering } from './registering';
import { Registrar } from './registrar';
import { RequestAdmission } from './request-admission';
import { RequestRoom } from './request-room';
import { watchLink } from './server-link';
import { sipTimers, type SipEdge } from './sip-edge';
import { Subscriptions } from './subscriptions';
import { Terminating } from './terminating';
import { noConnections } from './ue-connections';
import { noSuchDialog, reply } from './verdict';

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
  const { srf, egress, anchor, calls, connections = noConnections, settings, logger } = options;
  const limits = options.shares ?? shareLimits();
  const own = new OwnAddresses(settings, egress);
  const { registrar, registering, originating, terminating } = policyOf(options, own);
  const edge = sipEdge(options, limits, own.core.address);
  const { toCore, coreRequests } = edge;
  const intake = new Intake();
  const emergency = settings.emergency ?? { numbers: [] };
  const shares = options.requests ?? new RequestShares(limits);
  const callsOnFlow = new CallsOnFlow(registrar);
  const mostOfUe = limits.ue.subscriptions;
  const subscriptions = new Subscriptions({ srf, registrar, connections, egress, toCore, coreRequests, mostOfUe });
  const serving = {
    ...{ connections, intake },
    admission: new RequestAdmission(own, toCore),
    room: new RequestRoom({ limits, shares, coreRequests, registrar, connections, emergency, load: options.load }),
    targetOf: (side: Side, request: IncomingRequest) =>
      side === 'access' ? originating.target(request) : terminating.target(request),
    refusals: new Refusals(own.core.address, logger),
  };
  const forCalls = { edge, anchor, calls, shares: new CallShares(limits), onFlow: callsOnFlow, logger };
  const uriFor = (uri: string) => originating.uriFor(uri);
  handleRequests(
    srf,
    new CallRequests({ ...serving, ...forCalls }),
    new OtherRequests({ ...serving, srf, own, registrar, registering, subscriptions, callsOnFlow, uriFor }),
  );
  watchLink({ edge, calls, subscriptions, connections, intake, logger });
  calls.on('ended', ({ id, streams }) => logger.info({ call: id, streams }, 'media released'));
  return {
    drain: async () => {
      intake.drain();
      await calls.emptied();
    },
    close: async () => {
      intake.close();
      subscriptions.forgetAll();
      await calls.endAll('shutdown');
      await Promise.race([Promise.all(edge.byes.keys()), setTimeout(edge.timers.bye, undefined, { ref: false })]);
    },
  };
}

/** Who is registered, and where requests of each side go. */
function policyOf(options: PcscfOptions, own: OwnAddresses) {
  const { srf, settings, egress, registrations: store, connections = noConnections, logger } = options;
  const { coreNextHop, visitedNetworkId, integrityProtected, accessNetworkInfo = 'pass' } = settings;
  const { relayAlways = false, keepsCallIds = false, emergency = { numbers: [] } } = settings;
  const [firstKey, ...keys] = settings.flowTokenKeys;
  if (firstKey === undefined) throw new EdgeError('config-invalid', 'There is no flow token key.');
  const { core } = own;
  const tokens = new FlowTokens(hostPort(core.address, core.port), [firstKey, ...keys]);
  const table = new HeaderTable(settings.moreHeaders);
  const registrar = new Registrar({ store, connections, logger });
  const shared = { registrar, connections, own, egress, coreHost: core.address, accessNetworkInfo, table };
  return {
    registrar,
    registering: new Registering({
      ...{ srf, registrar, tokens, egress, connections, coreNextHop, coreContact: core, relayAlways, logger },
      settings: { visitedNetworkId, integrityProtected, accessNetworkInfo, table },
    }),
    originating: new Originating({ ...shared, coreNextHop, emergency, relayAlways, keepsCallIds }),
    terminating: new Terminating({ ...shared, tokens }),
  };
}

function sipEdge({ srf, egress, settings, logger }: PcscfOptions, limits: ShareLimits, agent: string): SipEdge {
  return {
    ...{ srf, agent, egress, dialogs: new DialogIndex(), toCore: new Set(), byes: new Map() },
    timers: { ...sipTimers, ...settings.timers },
    coreRequests: new CoreRequests(limits),
    farewells: new Farewells(egress),
    progress: new TokenBuckets(limits.progressOfCall, monotonicNow),
    occasionally: new OccasionalLog(logger),
    releaseOnMediaLoss: settings.releaseOnMediaLoss ?? false,
  };
}

function handleRequests(srf: Srf, calls: CallRequests, others: OtherRequests): void {
  srf.handle('INVITE', (request, response) => calls.invite(request, response));
  srf.handle('REGISTER', (request, response) => others.register(request, response));
  for (const method of passed) srf.handle(method, (request, response) => others.exchange(request, response));
  srf.handle('PRACK', (request, response) => calls.prack(request, response));
  // Whatever belongs to a call goes to its dialog; what comes here belongs to none that we know.
  srf.handle('UPDATE', (_request, response) => reply(response, noSuchDialog));
  srf.handle('BYE', (_request, response) => reply(response, noSuchDialog));
  srf.handle('REFER', (_request, response) => reply(response, notAllowed));
}

import type { IncomingRequest } from '../drachtio/messages';
import { EdgeError } from '../errors';
import { networkOf } from '../ip-address';
import type { Side } from '../media/media-anchor';
import { accountOf } from '../shares/account';
import { Holdings } from '../shares/holdings';
import type { ShareLimits } from '../shares/limits';
import type { RequestKind, RequestShares } from '../shares/request-shares';
import { retryAfter } from '../shares/retry-after';
import type { CoreRequests } from './core-requests';
import { emergencyService, type EmergencySettings } from './emergency';
import { flowKey, type Flow } from './flow-token';
import type { Intake } from './intake';
import type { Registrar } from './registrar';
import type { RequestAdmission } from './request-admission';
import type { Target } from './target';
import { flowOf, type UeConnections } from './ue-connections';

/** What says whether a request is served, and whom it is for. */
export interface Serving {
  connections: UeConnections;
  intake: Intake;
  admission: RequestAdmission;
  room: RequestRoom;
  /** Whom a request of this side is for. */
  targetOf: (side: Side, request: IncomingRequest) => Promise<Target>;
}

export interface RequestRoomOptions {
  limits: ShareLimits;
  shares: RequestShares;
  coreRequests: CoreRequests;
  registrar: Registrar;
  connections: UeConnections;
  emergency: EmergencySettings;
  /** Whether this process has time for more. */
  load: Load | undefined;
}

export interface Load {
  /** Throws `overloaded` (503) where the SIP server does not read what it is told. */
  mustBeHeard(): void;
  /** Throws `overloaded` (503). */
  mustTake(what: 'call' | 'registration'): void;
}

const everything = 'all';

/** Whether there is room for another request (N3): of all, and of one UE. */
export class RequestRoom {
  readonly #options: RequestRoomOptions;
  readonly #underWay = new Holdings();

  constructor(options: RequestRoomOptions) {
    this.#options = options;
  }

  /**
   * Takes a request of a UE that reaches the SIP server by itself from its share; those of others the access listener has
   * taken from theirs. Rejects with `too-many-requests` (503).
   */
  async mustBeInShare(request: IncomingRequest): Promise<void> {
    const { registrar, connections, emergency, shares } = this.#options;
    const flow = flowOf(request, connections);
    if (flow.connection !== undefined) return;
    const [registration] = await registrar.registrationsOf(flow);
    const kind = kindOf(request, emergency);
    const refused = shares.refusal(
      { source: networkOf(flow.address), ue: registration && accountOf(registration.aor) },
      kind,
    );
    if (refused) throw tooMany(503, retryAfter(kind === 'emergency-call'));
  }

  /** Throws `overloaded` (503) where there is no time for a new call or registration. For emergency calls there is. */
  mustHaveTime(request: IncomingRequest): void {
    const kind = kindOf(request, this.#options.emergency);
    if (kind === 'call' || kind === 'registration') this.#options.load?.mustTake(kind);
  }

  /** Serves a request outside of calls, as one of all. Rejects as `serve` does, and with `too-many-requests`, `overloaded` (503). */
  async amongAll(serve: () => Promise<void>): Promise<void> {
    this.#options.load?.mustBeHeard();
    await this.#holding(everything, this.#options.limits.exchanges, tooMany(503, retryAfter()), serve);
  }

  /**
   * Serves a request of a UE, or for it. Rejects as `serve` does, and with `too-many-requests`: 503 to the UE, 480 to the
   * core, which need not think that the edge is overloaded.
   */
  async ofUe(
    { flow, ue = flowKey(flow) }: Pick<Target, 'flow' | 'ue'>,
    from: Side,
    serve: () => Promise<void>,
  ): Promise<void> {
    const { limits, coreRequests } = this.#options;
    const full = tooMany(from === 'access' ? 503 : 480, retryAfter());
    if (from === 'core' && !coreRequests.takes(ue)) throw full;
    await this.#holding(`${from} ${ue}`, limits.ue.underWay, full, serve);
  }

  /** Serves a REGISTER, whose UE may be known by no more than where it is. Rejects as {@link ofUe}. */
  async ofRegistering(flow: Flow, serve: () => Promise<void>): Promise<void> {
    if (flow.connection !== undefined) return this.ofUe({ flow, ue: undefined }, 'access', serve);
    const { limits, registrar, shares } = this.#options;
    const place = networkOf(flow.address);
    await this.#holding(place, limits.source.underWay, tooMany(503, retryAfter()), serve);
    if ((await registrar.registrationsOf(flow)).length > 0) shares.registeredFrom(place);
  }

  async #holding(name: string, most: number, full: EdgeError, serve: () => Promise<void>): Promise<void> {
    if (!this.#underWay.take(name, most)) throw full;
    try {
      await serve();
    } finally {
      this.#underWay.giveBack(name);
    }
  }
}

function kindOf({ method, uri }: IncomingRequest, emergency: EmergencySettings): RequestKind {
  if (method === 'REGISTER') return 'registration';
  if (method !== 'INVITE') return 'other';
  return emergencyService(uri, emergency) === undefined ? 'call' : 'emergency-call';
}

function tooMany(sipStatus: number, retryAfter: number): EdgeError {
  const message = 'There are as many requests under way as there may be.';
  return new EdgeError('too-many-requests', message, { sipStatus, retryAfter });
}

import type { IncomingRequest, ResponseSender } from '../drachtio/messages';
import type { Srf } from '../drachtio/srf';
import { EdgeError } from '../errors';
import type { CallsOnFlow } from './calls-on-flow';
import { exchange } from './exchanges';
import { isRemoval } from './granted-contacts';
import type { ToldAddresses } from './own-addresses';
import type { Registering } from './registering';
import type { Registrar } from './registrar';
import { hasToTag } from './request-admission';
import type { Serving } from './request-room';
import type { Subscriptions } from './subscriptions';
import { flowOf } from './ue-connections';
import { noSuchDialog, reply, type FinalStatus } from './final-status';

export interface OtherRequestsOptions extends Serving {
  srf: Srf;
  own: ToldAddresses;
  registrar: Registrar;
  registering: Registering;
  subscriptions: Subscriptions;
  callsOnFlow: CallsOnFlow;
  /** The Request-URI that a UE's request goes on with. */
  uriFor: (uri: string) => string;
}

/** Registrations, and what passes between UEs and core outside of calls. Rejects with why a request is not served. */
export class OtherRequests {
  readonly #options: OtherRequestsOptions;

  constructor(options: OtherRequestsOptions) {
    this.#options = options;
  }

  async register(request: IncomingRequest, response: ResponseSender): Promise<void> {
    const { admission, connections, callsOnFlow, intake, room, registering, uriFor } = this.#options;
    await this.#counted(async () => {
      if (admission.sideOf(request) !== 'access')
        throw new EdgeError('sip-wrong-side', 'The core does not register here.');
      // In a drain, or under load: without its registration, the UE's call would end.
      const flow = flowOf(request, connections);
      if (!callsOnFlow.has(flow) && !isRemoval(request)) {
        intake.mustTakeNew();
        room.mustHaveTime(request);
      }
      await room.mustBeInShare(request);
      const uri = uriFor(request.uri);
      await room.ofRegistering(flow, () => registering.register(request, response, uri));
    });
  }

  async exchange(request: IncomingRequest, response: ResponseSender): Promise<void> {
    const { srf, admission, intake, room, own, registrar, subscriptions, targetOf } = this.#options;
    await this.#counted(async () => {
      if (hasToTag(request)) {
        if (!(await subscriptions.inDialog(request, response))) reply(response, noSuchDialog);
        return;
      }
      if (admission.isFromUe(request)) await room.mustBeInShare(request);
      if (request.method === 'OPTIONS' && !request.has('route') && own.isForUs(request.uri)) {
        // It may be asked whether it is to get calls.
        intake.mustTakeNew();
        reply(response, ok);
        return;
      }
      const from = admission.sideOf(request);
      const target = await targetOf(from, request);
      const way = { from, target };
      try {
        await room.ofUe(target, from, () =>
          request.method === 'SUBSCRIBE'
            ? subscriptions.subscribe(request, response, way)
            : exchange(srf, request, response, way),
        );
      } catch (error) {
        if (error instanceof EdgeError && error.code === 'flow-failed') await registrar.lose(target.flow);
        throw error;
      }
    });
  }

  /** Serves a request outside of calls, unless too many are under way. */
  async #counted(serve: () => Promise<void>): Promise<void> {
    const { intake, room } = this.#options;
    intake.mustBeOpen();
    await room.amongAll(serve);
  }
}

const ok: FinalStatus = { status: 200, headers: { Accept: 'application/sdp' } };

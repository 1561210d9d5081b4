import type { Call } from '../calls/call';
import type { CallTable } from '../calls/call-table';
import type { IncomingRequest, ResponseSender } from '../drachtio/messages';
import type { AddressFamily } from '../ip-address';
import { networkOf } from '../ip-address';
import type { MediaAnchor, SelectedPath, Side } from '../media/media-anchor';
import type { Logger } from '../ops/logger';
import { CallSession } from './call-session';
import { CallSetup } from './call-setup';
import type { CallShares } from './call-shares';
import type { CallsOnFlow } from './calls-on-flow';
import { flowKey } from './flow-token';
import type { Serving } from './request-room';
import { serverDialogId } from '../drachtio/server-dialog-id';
import type { SipEdge } from './sip-edge';
import type { Target } from './target';
import { ueAddressOf } from './ue-connections';
import { noSuchDialog, reply } from './final-status';

export interface CallRequestsOptions extends Serving {
  edge: SipEdge;
  anchor: MediaAnchor;
  calls: CallTable;
  shares: CallShares;
  onFlow: CallsOnFlow;
  logger: Logger;
}

/** Starts calls: INVITEs outside of dialogs, and the PRACKs of what they set up. */
export class CallRequests {
  readonly #options: CallRequestsOptions;
  /** What PRACKs are for: the setup of each call, by the dialog id of the caller's leg. */
  readonly #setups = new Map<string, CallSetup>();

  constructor(options: CallRequestsOptions) {
    this.#options = options;
  }

  /** Rejects with why it is not served. */
  async invite(request: IncomingRequest, response: ResponseSender): Promise<void> {
    const { intake, room, admission, targetOf } = this.#options;
    const cancelled = new AbortController();
    request.once('cancel', () => cancelled.abort());
    intake.mustTakeNew();
    room.mustHaveTime(request);
    const side = admission.sideOfCall(request);
    if (side === 'access') await room.mustBeInShare(request);
    const target = await targetOf(side, request);
    const coreFamily = await target.coreFamily();
    // The server has answered it.
    if (cancelled.signal.aborted) return;
    intake.mustTakeNew();
    this.#start(side, request, response, target, coreFamily);
  }

  async prack(request: IncomingRequest, response: ResponseSender): Promise<void> {
    const provisional = this.#setups.get(serverDialogId(request))?.provisional;
    if (provisional) await provisional.prack(request, response);
    else reply(response, noSuchDialog);
  }

  #start(
    side: Side,
    request: IncomingRequest,
    response: ResponseSender,
    target: Target,
    coreFamily: AddressFamily | undefined,
  ): void {
    const { edge, anchor, calls, connections, shares, onFlow, logger } = this.#options;
    const direction = side === 'access' ? 'originating' : 'terminating';
    const ueAddress = ueAddressOf(target.flow, connections);
    const source = networkOf(ueAddress);
    shares.mustHaveRoom(direction, target, source);
    const ue = target.ue ?? flowKey(target.flow);
    const call = calls.open(
      {
        direction,
        sipCallId: request.get('call-id') ?? '',
        caller: request.getParsedHeader('from').uri,
        callee: request.getParsedHeader('to').uri,
        ueAddress,
        coreFamily,
        ue,
        users: target.users,
        isEmergency: target.isEmergency,
      },
      anchor,
    );
    const log = logger.child({ call: call.id });
    log.info({ direction, sipCallId: call.facts.sipCallId, uri: request.uri }, 'call started');
    this.#logMedia(call);
    shares.keep(call, target, source);
    onFlow.keep(target.flow, call);
    const key = serverDialogId(request);
    const session = new CallSession(edge, call, log, target.policy);
    const setup = new CallSetup(session, { request, response }, target, () => this.#setups.delete(key));
    this.#setups.set(key, setup);
    setup.start();
  }

  #logMedia({ media }: Call): void {
    // Of each stream by itself: a UE may come and go as often as it likes.
    const told = (level: 'info' | 'warn', path: SelectedPath, message: string) =>
      this.#options.edge.occasionally[level](path, message, `${message} ${path.call} ${path.line}`);
    media.on('selected', (path) => told('info', path, 'media has its path'));
    media.on('connection-lost', (path) => told('info', path, 'the connection of a stream ended'));
    media.on('media-lost', (path) => told('warn', path, 'nothing comes from the UE any more'));
  }
}

import type { Trouble } from '../../lib/admin/readiness';
import { once } from 'node:events';
import { CallTable } from '../../lib/calls/call-table';
import type { EdgeError } from '../../lib/errors';
import { loadNativeAddon } from '../../lib/gateway/native-addon';
import type { TcpGatewayOptions } from '../../lib/gateway/tcp-gateway';
import { wallClock } from '../../lib/ops/clock';
import type { LineFile } from '../../lib/ops/line-file';
import type { Logger } from '../../lib/ops/logger';
import type { Accepted } from '../../lib/port/accepted';
import { shareLimits, type ShareLimits } from '../../lib/shares/limits';
import { tellCallRoom } from '../call-room';
import { contactHosts } from '../../lib/wire/contact';
import { Capture } from '../capture';
import type { Config } from '../config';
import { roomHere, type ConnectionRoom } from '../open-files';
import { requireOwnAddresses } from '../own-machine';
import { ownPlaces } from '../own-places';
import { sharedPorts } from '../public-ports';
import { turnCredentials } from '../turn';
import type { ShownRegistration } from '../admin/page-source';
import type { RoleState } from './health';
import { openAdmin } from './admin';
import { openCallRecords } from './call-records';
import { MediaNode } from './media-node';
import { RemoteMedia } from './remote-media';
import { Opened } from './opened';
import { Signalling } from './signalling';

/** What an edge carries. */
export type EdgeStatus = ReturnType<Edge['status']>;

/** The roles `edge`, signalling and media in one process, and `pcscf`, whose media is at nodes elsewhere. */
export class Edge {
  readonly #config: Config;
  readonly #logger: Logger;
  readonly #onFailure: (error: EdgeError) => void;
  readonly #calls: CallTable;
  readonly #capture: Capture | undefined;
  readonly #opened = new Opened();
  #media: MediaNode | RemoteMedia | undefined;
  #signalling: Signalling | undefined;
  #state: RoleState = 'starting';
  #records: LineFile | undefined;
  #drain: { since: number; takenBack: AbortController; over: Promise<boolean> } | undefined;
  #closing: Promise<void> | undefined;

  /** `onFailure` is told what, after the start, makes the edge useless. */
  constructor(config: Config, logger: Logger, onFailure: (error: EdgeError) => void) {
    this.#config = config;
    this.#logger = logger;
    this.#onFailure = onFailure;
    const capture = Capture.of(config);
    if (capture) this.#opened.keep(capture);
    this.#capture = capture;
    this.#calls = new CallTable(config.MAX_CALLS, { observer: capture, ladders: config.LADDERS === 'on' });
  }

  get state(): RoleState {
    return this.#state;
  }

  /** Calls under way. */
  get calls(): number {
    return this.#calls.size;
  }

  /**
   * Resolves when UEs can register and call.
   * @throws EdgeError naming what could not be opened; nothing is left open then.
   */
  async start(): Promise<void> {
    try {
      await this.#open();
    } catch (error) {
      await this.close();
      throw error;
    }
    if (this.#state === 'starting') this.#state = 'ready';
    // The drain of who was told to while it started.
    else if (this.#state === 'draining') void this.#signalling?.drain();
  }

  /** What it carries now; a part that is not open yet is missing. */
  status() {
    return {
      state: this.#state,
      draining: this.#drain && { since: new Date(this.#drain.since).toISOString(), callsLeft: this.calls },
      calls: this.calls,
      callsLimit: this.#calls.most,
      media: this.#media?.status(),
      signalling: this.#signalling?.status(),
      capture: this.#capture?.counts,
    };
  }

  /** What is wrong with it; empty: nothing. */
  health(): Trouble[] {
    const own = this.#state === 'ready' ? [] : [{ part: 'edge', reason: this.#state, isBlocking: true }];
    return [...own, ...this.#room(), ...(this.#media?.health() ?? []), ...(this.#signalling?.health() ?? [])];
  }

  /** What UEs have registered, as the page shows it. */
  registrations(): Iterable<ShownRegistration> {
    return this.#signalling?.registered() ?? [];
  }

  /**
   * Refuses new calls and registrations from now on; resolves with true when no call is left, and with false when it was
   * taken back. May be called at any time, and twice.
   */
  drain(): Promise<boolean> {
    if (this.#state !== 'closed') this.#state = 'draining';
    this.#drain ??= this.#beginDrain();
    return this.#drain.over;
  }

  /** Takes a drain back, whoever began it; false where there is none, or where it is too late. */
  resume(): boolean {
    if (this.#state !== 'draining' || this.#drain === undefined) return false;
    this.#drain.takenBack.abort();
    this.#drain = undefined;
    this.#signalling?.resume();
    this.#state = this.#signalling ? 'ready' : 'starting';
    return true;
  }

  /** Takes over what may change while it runs, and opens its files anew; what fails is told by the log and stays as it is. */
  async reload({ MAX_CALLS }: Pick<Config, 'MAX_CALLS'>): Promise<void> {
    this.#calls.most = MAX_CALLS;
    this.#signalling?.front?.renewCertificate();
    await this.#records
      ?.reopen()
      .catch((error: unknown) => this.#logger.error({ err: error }, 'CALL_RECORDS is not opened anew'));
  }

  /** Ends all calls, frees their media and closes all sockets and children; may be called twice. */
  close(): Promise<void> {
    this.#state = 'closed';
    this.#closing ??= this.#opened.close();
    return this.#closing;
  }

  #beginDrain() {
    const takenBack = new AbortController();
    const isTakenBack = once(takenBack.signal, 'abort').then(() => false);
    const isEmpty = Promise.resolve(this.#signalling?.drain()).then(() => true);
    return { since: wallClock(), takenBack, over: Promise.race([isTakenBack, isEmpty]) };
  }

  #room(): Trouble[] {
    const { most } = this.#calls;
    const reason = `there are as many calls under way as MAX_CALLS allows (${most})`;
    return this.calls < most ? [] : [{ part: 'calls', reason, isBlocking: true }];
  }

  async #open(): Promise<void> {
    const config = this.#config;
    const logger = this.#logger;
    const shares = sharesOf(config);
    await requireOwnAddresses(config);
    this.#records = await openCallRecords(config.CALL_RECORDS, this.#calls, logger, this.#opened);
    await openAdmin(config, { edge: this, calls: this.#calls, logger }, this.#opened);
    tellCallRoom(config, logger);
    const room = connectionRoomOf(config, logger);
    const common = { config, logger, shares, ours: ownPlaces(config) };
    const shared = sharedPorts(config);
    const others: TcpGatewayOptions['others'] = (accepted, kind) => {
      const listener = this.#signalling?.front?.listener;
      if (listener) listener.take(accepted, kind);
      else accepted.socket.destroy();
    };
    const forMedia = {
      others: shared && others,
      name: edgeName(config),
      coreHosts: contactHosts(config.CORE_CONTACTS),
      connections: room.media,
      onFailure: this.#onFailure,
    };
    this.#media = config.RTPENGINE_NODES
      ? await RemoteMedia.open({ config, logger, connections: room.media, others: forMedia.others }, this.#opened)
      : await MediaNode.open({ ...common, ...forMedia }, this.#opened);
    const { anchor, gateway, turn: turnServer } = this.#media;
    const turn = turnServer && ((accepted: Accepted) => gateway.adopt(accepted));
    const tap = this.#capture?.saw;
    const forSignalling = { anchor, calls: this.#calls, shared, connections: room.ues, turn, tap };
    this.#signalling = await Signalling.open({ ...common, ...forSignalling }, this.#opened);
    void this.#media.releaseLeft();
  }
}

function sharesOf(config: Config): ShareLimits {
  const { first, last } = config.MSRP_PORTS;
  return shareLimits({
    ueCalls: config.UE_CALLS,
    sourceRegistrations: config.SOURCE_REGISTRATIONS,
    strangerRequests: config.STRANGER_REQUESTS,
    maxCalls: config.MAX_CALLS,
    msrpPorts: last - first + 1,
  });
}

/** A connection at Node's plane has a UDP socket of its own, and some of TURN have one at any. */
function connectionRoomOf(config: Config, logger: Logger): ConnectionRoom {
  const isShared = config.GATEWAY_PLANE !== 'node' && 'addon' in loadNativeAddon() && !turnCredentials(config);
  const { first, last } = config.MSRP_PORTS;
  return roomHere(isShared ? 1 : 2, last - first + 1, logger);
}

/** What tells this edge from any other: no two can have these addresses. */
export function edgeName({ CORE_CONTACTS, GATEWAY_ADDRESS }: Config): string {
  return [...CORE_CONTACTS, ...GATEWAY_ADDRESS].join();
}

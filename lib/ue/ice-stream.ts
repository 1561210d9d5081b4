import { randomBytes } from 'node:crypto';
import type { RemoteInfo } from 'node:dgram';
import type { Duplex } from 'node:stream';
import { buildBindingSuccess, errorCode } from '../ice/binding';
import { parseStun, verifyFingerprint, verifyIntegrity, type StunMessage } from '../ice/stun-message';
import type { TransportAddress } from '../ice/transport-address';
import { formatCandidate, type Candidate } from '../sdp/candidate';
import { ByteChannel } from './byte-channel';
import { formPairs, type CandidatePair, type PathName } from './candidate-pair';
import { CheckList, checkTiming, type Check, type CheckTiming } from './check-list';
import { Consent, type ConsentTiming } from './consent';
import { CheckTransactions, type CheckTransaction } from './check-transactions';
import { hostCandidates } from './host-candidates';
import { TcpChannel } from './tcp-channel';
import { UdpPort } from './udp-port';
import type { Observer } from './ue-event';

/** The half of an ICE session that one side writes into its SDP for a stream (RFC 8839 §5). */
export interface IceDescription {
  ufrag: string;
  pwd: string;
  candidates: Candidate[];
}

/**
 * What the stream carries: packets, or bytes over TCP alone. `packet` takes RTP or RTCP that came in, on whatever valid
 * pair; `bytes` takes the connection that was selected, once.
 */
export type Carries = { packet: (packet: Buffer) => void } | { bytes: (stream: Duplex) => void };

export interface IceStreamListeners {
  observer: Observer;
  carries: Carries;
  /** A pair was selected. */
  changed: () => void;
}

export interface IceStreamSettings {
  tieBreaker: bigint;
  timing?: CheckTiming | undefined;
  consent?: ConsentTiming | undefined;
}

/**
 * A lost connection is tried again after the first time, then at the interval, up to the limit; ms. The
 * first is there because the end of a call often closes the connection a moment before the BYE comes.
 */
const reconnectAfter = 250;
const reconnectInterval = 1000;
const reconnectLimit = 30_000;

/** STUN's first byte is 0 to 3 (RFC 7983 §7). */
const lastStunByte = 3;

/**
 * ICE for one stream: its sockets, the connectivity checks on them, and the selected pair to send on.
 * Which check comes next is the check list's to say; when, is its caller's (`tick`).
 */
export class IceStream {
  /** Index of the m= line. */
  readonly line: number;
  readonly local: IceDescription;
  /** None for a stream of bytes. */
  readonly #udp: UdpPort | undefined;
  readonly #listeners: IceStreamListeners;
  readonly #tieBreaker: bigint;
  readonly #timing: CheckTiming;
  readonly #channels = new Map<CandidatePair, TcpChannel | ByteChannel>();
  readonly #transactions = new CheckTransactions();
  readonly #consent: Consent;
  #remote: IceDescription | undefined;
  /** Where media goes if the peer does no ICE. */
  #plain: TransportAddress | undefined;
  #list: CheckList;
  #rttMs: number | undefined;
  /** The selected connection that was lost, since when, and when it was last tried again. */
  #recovery: { pair: CandidatePair; since: number; triedAt: number | undefined } | undefined;
  #closed = false;

  private constructor(
    line: number,
    address: string,
    udp: UdpPort | undefined,
    listeners: IceStreamListeners,
    settings: IceStreamSettings,
  ) {
    this.line = line;
    this.#udp = udp;
    this.#listeners = listeners;
    this.#tieBreaker = settings.tieBreaker;
    this.#timing = settings.timing ?? checkTiming;
    this.#consent = new Consent(settings.consent);
    this.#list = new CheckList([], this.#timing);
    this.local = {
      ufrag: randomBytes(6).toString('base64'),
      pwd: randomBytes(18).toString('base64'),
      candidates: hostCandidates(address, udp?.port),
    };
    udp?.on('packet', (packet, from) => this.#receivedUdp(packet, from));
  }

  /** Gathers the host candidates of one stream: an active TCP one, and for packets a UDP one of higher priority. */
  static async open(
    line: number,
    address: string,
    listeners: IceStreamListeners,
    settings: IceStreamSettings,
  ): Promise<IceStream> {
    const udp = 'packet' in listeners.carries ? await UdpPort.open(address) : undefined;
    return new IceStream(line, address, udp, listeners, settings);
  }

  /** The way that media goes now. */
  get path(): PathName | undefined {
    return this.#plain === undefined ? this.#list.selected?.path : 'udp';
  }

  /** No pair works, and none is expected to. */
  get failed(): boolean {
    return this.#remote !== undefined && this.#recovery === undefined && this.#list.failed;
  }

  /** Of the newest answered check, in ms. */
  get rttMs(): number | undefined {
    return this.#rttMs;
  }

  /** UDP checks sent without any answer on their pair. */
  get unansweredUdpChecks(): number {
    return this.#udpOutcomes().reduce((sum, { unanswered }) => sum + unanswered, 0);
  }

  /** What was tried and what became of each, one sentence part per pair. */
  get attempts(): string[] {
    return this.#list.outcomes.map(({ pair, state, reason, unanswered }) => {
      const silence = unanswered > 0 ? `${unanswered} checks unanswered` : 'no answer';
      const outcome = { waiting: 'not tried', 'in-progress': silence, succeeded: 'valid', failed: reason ?? silence };
      return `${pair.path} to ${textOf(pair.remote)}: ${state === 'failed' && unanswered > 0 ? silence : outcome[state]}`;
    });
  }

  /** Learns the peer's half; checks begin with the next tick. The same half again changes nothing. */
  connect(remote: IceDescription): void {
    if (this.#remote?.ufrag === remote.ufrag && this.#remote.pwd === remote.pwd) return;
    this.#remote = remote;
    this.#list = new CheckList(formPairs(this.local.candidates, remote.candidates), this.#timing);
    const text = (candidate: Candidate) => formatCandidate(candidate).replace(/^a=/, '');
    this.#observe({
      event: 'candidates',
      line: this.line,
      local: this.local.candidates.map(text),
      remote: remote.candidates.map(text),
    });
  }

  /** The peer does no ICE: media goes over UDP between the default addresses (RFC 8839 §4.2.5). */
  connectWithoutIce(remote: TransportAddress): void {
    this.#plain = remote;
  }

  /** Repeats what is due and, if it may, starts a new check; tells whether it did. `now` in ms. */
  tick(now: number, mayStart: boolean): boolean {
    this.#recover(now);
    const { again, failed } = this.#list.due(now);
    for (const check of again) this.#repeat(check, now);
    for (const check of failed) this.#failed(check, 'no answer');
    const check = mayStart ? this.#list.next(now) : undefined;
    if (check !== undefined) this.#start(check, now);
    return check !== undefined;
  }

  /**
   * Consent checks on the selected pair (RFC 7675 §5.1); what keeps NAT bindings open, too. A TCP connection on which
   * they stay unanswered is given up for a new one: a firewall that forgot it drops its packets without a word. Answers
   * among bytes wait for their reader, and say nothing of the path.
   */
  consent(now: number): void {
    const { selected } = this.#list;
    if (selected === undefined) return;
    const channel = this.#channels.get(selected);
    if (channel instanceof TcpChannel && this.#consent.isSilent(now)) {
      channel.close();
      this.#lost(selected, now);
    } else if (this.#consent.isDue(now)) {
      this.#consent.asked(now);
      this.#transmit(this.#transaction(undefined, selected, now));
    }
  }

  /** Sends media on the selected pair; false if there is none, its consent expired or it does not drain. */
  send(packet: Buffer): boolean {
    const { selected } = this.#list;
    if (this.#plain !== undefined) {
      this.#udp?.send(packet, this.#plain);
      return true;
    }
    if (selected === undefined || this.#consent.hasExpired(performance.now())) return false;
    return this.#sendOn(selected, packet);
  }

  close(): void {
    this.#closed = true;
    this.#udp?.close();
    for (const channel of this.#channels.values()) channel.close();
    this.#channels.clear();
    this.#transactions.clear();
  }

  #start(check: Check, now: number): void {
    const transaction = this.#transaction(check, check.pair, now);
    this.#tellSent(check);
    if (check.pair.local.transport === 'udp' || this.#channels.get(check.pair)?.open === true) {
      this.#transmit(transaction);
    } else {
      this.#dial(transaction);
    }
  }

  #repeat(check: Check, now: number): void {
    const transaction = this.#transactions.ofCheck(check);
    if (transaction === undefined) return;
    transaction.sentAt = now;
    this.#tellSent(check);
    this.#transmit(transaction);
  }

  #tellSent(check: Check): void {
    const { attempt, nominating } = check;
    this.#observe({ event: 'check-sent', ...this.#at(check.pair), attempt, nominating });
  }

  /** RFC 6544 §7.1: an active candidate connects, then checks on the connection. */
  #dial(transaction: CheckTransaction): void {
    const { pair } = transaction;
    const Channel = 'bytes' in this.#listeners.carries ? ByteChannel : TcpChannel;
    const channel = new Channel(pair.local.address, pair.remote);
    this.#channels.get(pair)?.close();
    this.#channels.set(pair, channel);
    channel.on('connected', () => {
      this.#observe({ event: 'tcp-connected', ...this.#at(pair) });
      transaction.sentAt = performance.now();
      this.#transmit(transaction);
    });
    channel.on('packet', (packet) => this.#received(packet, pair));
    channel.on('closed', (reason) => {
      if (this.#list.selected === pair) {
        this.#lost(pair, performance.now());
        return;
      }
      this.#channels.delete(pair);
      this.#closedWhileChecking(pair, reason);
    });
  }

  #lost(pair: CandidatePair, now: number): void {
    this.#channels.delete(pair);
    // Bytes on their way are lost, and with them what was carried (RFC 4975 §5.4).
    if ('bytes' in this.#listeners.carries) return;
    this.#recovery ??= { pair, since: now, triedAt: undefined };
  }

  #closedWhileChecking(pair: CandidatePair, reason: string): void {
    for (const check of this.#transactions.checksOn(pair)) this.#failed(check, reason);
    this.#list.unusable(pair, reason);
  }

  #recover(now: number): void {
    const recovery = this.#recovery;
    if (recovery === undefined) return;
    const { pair, since, triedAt } = recovery;
    const isFirst = triedAt === undefined && now - since >= reconnectAfter;
    const isNext = triedAt !== undefined && this.#list.failed && now - triedAt >= reconnectInterval;
    if (isFirst) this.#observe({ event: 'connection-lost', ...this.#at(pair) });
    if (now - since > reconnectLimit) this.#recovery = undefined;
    else if (isFirst || isNext) {
      recovery.triedAt = now;
      this.#list.reselect(pair, now);
    }
  }

  #receivedUdp(packet: Buffer, from: RemoteInfo): void {
    const pair = this.#list.outcomes.find(
      ({ pair: { local, remote } }) =>
        local.transport === 'udp' && remote.address === from.address && remote.port === from.port,
    )?.pair;
    this.#received(packet, pair, from);
  }

  #received(packet: Buffer, pair: CandidatePair | undefined, from?: TransportAddress): void {
    if (this.#closed || packet.length === 0) return;
    if ((packet[0] ?? 0) > lastStunByte) {
      const { carries } = this.#listeners;
      if ('packet' in carries && (pair !== undefined || this.#plain !== undefined)) carries.packet(packet);
      return;
    }
    const message = parseStun(packet);
    if ('fault' in message || !verifyFingerprint(message)) return;
    if (message.class === 'request') this.#answer(message, pair, from);
    else if (message.class !== 'indication' && pair !== undefined) this.#answered(message, pair);
  }

  /** A peer that is not lite checks us, too (RFC 8445 §7.3); an edge never does. */
  #answer(message: StunMessage, pair: CandidatePair | undefined, from: TransportAddress | undefined): void {
    if (!verifyIntegrity(message, this.local.pwd)) return;
    const peer = from ?? pair?.remote;
    if (peer === undefined) return;
    const integrity = { password: this.local.pwd, algorithm: 'sha1' } as const;
    const reply = buildBindingSuccess(message.transactionId, peer, integrity);
    if (from === undefined && pair !== undefined) this.#sendOn(pair, reply);
    else this.#udp?.send(reply, peer);
  }

  #answered(message: StunMessage, pair: CandidatePair): void {
    const transaction = this.#transactions.of(message.transactionId);
    // RFC 8445 §7.2.5.2.1: an answer from elsewhere than the check went to is none.
    if (transaction?.pair !== pair) return;
    const { check, sentAt } = transaction;
    if (message.class === 'error') {
      this.#transactions.end(transaction);
      const error = errorCode(message);
      if (check === undefined) return;
      this.#failed(check, `refused: ${error?.code ?? '?'} ${error?.reason ?? ''}`.trim(), true);
      return;
    }
    if (!verifyIntegrity(message, this.#remote?.pwd ?? '')) return;
    this.#transactions.end(transaction);
    const now = performance.now();
    this.#consent.answered(now);
    this.#rttMs = now - sentAt;
    if (check !== undefined) this.#succeeded(check, this.#rttMs);
  }

  #succeeded(check: Check, rttMs: number): void {
    const { pair } = check;
    const selected = this.#list.success(check, performance.now());
    if (!check.nominating) {
      this.#observe({ event: 'check-succeeded', ...this.#at(pair), rttMs: Math.round(rttMs * 10) / 10 });
    }
    if (!selected) return;
    this.#recovery = undefined;
    this.#consent.selected(performance.now());
    for (const { pair: tried, unanswered } of this.#udpOutcomes()) {
      if (unanswered === 0) continue;
      this.#observe({ event: 'udp-unanswered', line: this.line, remote: textOf(tried.remote), checks: unanswered });
    }
    this.#observe({ event: 'pair-selected', ...this.#at(pair), local: textOf(pair.local) });
    this.#handOver(pair);
    this.#listeners.changed();
  }

  #handOver(pair: CandidatePair): void {
    const { carries } = this.#listeners;
    const channel = this.#channels.get(pair);
    if ('bytes' in carries && channel instanceof ByteChannel) carries.bytes(channel.bytes);
  }

  #failed(check: Check, reason: string, answered = false): void {
    const transaction = this.#transactions.ofCheck(check);
    if (transaction !== undefined) this.#transactions.end(transaction);
    this.#list.failure(check, reason, answered);
    this.#observe({ event: 'check-failed', ...this.#at(check.pair), reason });
  }

  #transaction(check: Check | undefined, pair: CandidatePair, now: number): CheckTransaction {
    const remote = this.#remote ?? { ufrag: '', pwd: '' };
    const credentials = { localUfrag: this.local.ufrag, remote, tieBreaker: this.#tieBreaker };
    return this.#transactions.open(check, pair, credentials, now);
  }

  #transmit({ pair, request }: CheckTransaction): void {
    this.#sendOn(pair, request);
  }

  #sendOn(pair: CandidatePair, packet: Buffer): boolean {
    if (pair.local.transport === 'tcp') return this.#channels.get(pair)?.send(packet) ?? false;
    this.#udp?.send(packet, pair.remote);
    return true;
  }

  #udpOutcomes() {
    return this.#list.outcomes.filter(({ pair }) => pair.path === 'udp');
  }

  #at(pair: CandidatePair) {
    return { line: this.line, path: pair.path, remote: textOf(pair.remote) };
  }

  #observe(event: Parameters<Observer>[0]): void {
    if (!this.#closed) this.#listeners.observer(event);
  }
}

function textOf({ address, port }: TransportAddress): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

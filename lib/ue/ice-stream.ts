import type { RemoteInfo } from 'node:dgram';
import type { Duplex } from 'node:stream';
import { buildBindingRequest, buildBindingSuccess, errorCode } from '../ice/binding';
import { newCredentials } from '../ice/credentials';
import { parseStun, verifyFingerprint, verifyIntegrity, type StunMessage } from '../ice/stun-message';
import type { TransportAddress } from '../ice/transport-address';
import { formPairs, type CandidatePair, type PathName } from './candidate-pair';
import { CheckList, checkTiming, type Check, type CheckTiming } from './check-list';
import { Consent, type ConsentTiming } from './consent';
import type { IceDescription } from './description';
import { reflexivePriority } from './host-candidates';
import { attemptText, IceEvents } from './ice-events';
import type { HttpProxy } from './open-socket';
import { gathered, openPorts, type PacketPorts, type RelaysOfUe } from './packet-ports';
import { PairSockets } from './pair-sockets';
import { Reconnection } from './reconnection';
import type { Observer } from './ue-event';

/**
 * What streams carry: packets, or bytes over TCP alone. `packet` takes RTP or RTCP that came in, on whatever valid
 * pair; `bytes` takes the connection that was selected, once.
 */
export type Carries = { packet: (line: number, packet: Buffer) => void } | { bytes: (stream: Duplex) => void };

export interface IceStreamOptions {
  /** Index of the m= line. */
  line: number;
  /** Our address for media. */
  address: string;
  /** What TCP goes through. */
  proxy?: HttpProxy | undefined;
  carries: Carries;
  /** Relayed addresses, for packets. */
  turn?: RelaysOfUe | undefined;
  tieBreaker: bigint;
  timing?: CheckTiming | undefined;
  consent?: ConsentTiming | undefined;
  observer: Observer;
  /** A pair was selected. */
  changed: () => void;
}

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
  readonly #sockets: PairSockets;
  readonly #carries: Carries;
  readonly #changed: () => void;
  readonly #events: IceEvents;
  readonly #timing: CheckTiming;
  readonly #tieBreaker: bigint;
  readonly #consent: Consent;
  #remote: IceDescription | undefined;
  /** Where media goes if the peer does no ICE. */
  #plain: TransportAddress | undefined;
  #list: CheckList;
  #rttMs: number | undefined;
  /** Of the selected connection, while it is lost. */
  #recovery: Reconnection | undefined;
  #closed = false;

  private constructor(options: IceStreamOptions, ports: PacketPorts | undefined) {
    const { line, proxy, carries, tieBreaker, timing = checkTiming, consent, observer, changed } = options;
    this.line = line;
    this.#sockets = new PairSockets(ports, proxy, {
      udpPacket: (packet, from) => this.#receivedUdp(packet, from),
      relayPacket: (packet, from) => this.#receivedByRelay(packet, from),
      packet: (packet, pair) => this.#received(packet, pair),
      closed: (pair, reason) => {
        if (this.#list.selected === pair) this.#lost(pair, performance.now());
        else this.#closedWhileChecking(pair, reason);
      },
    });
    this.#carries = carries;
    this.#changed = changed;
    this.#events = new IceEvents(line, observer);
    this.#timing = timing;
    this.#consent = new Consent(consent);
    this.#list = new CheckList([], this.#timing);
    this.local = { ...newCredentials(), candidates: gathered(options, ports) };
    this.#tieBreaker = tieBreaker;
  }

  /** Gathers the candidates of one stream: an active TCP one, and for packets a UDP one, and a relayed one if there is TURN. */
  static async open(options: IceStreamOptions): Promise<IceStream> {
    return new IceStream(options, 'packet' in options.carries ? await openPorts(options) : undefined);
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
    return this.#list.udpOutcomes.reduce((sum, { unanswered }) => sum + unanswered, 0);
  }

  /** What was tried and what became of each, one sentence part per pair. */
  get attempts(): string[] {
    return this.#list.outcomes.map(attemptText);
  }

  /** Learns the peer's half; checks begin with the next tick. The same half again changes nothing. */
  connect(remote: IceDescription): void {
    if (this.#remote?.ufrag === remote.ufrag && this.#remote.pwd === remote.pwd) return;
    this.#remote = remote;
    this.#list = new CheckList(formPairs(this.local.candidates, remote.candidates), this.#timing);
    this.#events.candidates(this.local.candidates, remote.candidates);
  }

  /** The peer does no ICE: media goes over UDP between the default addresses (RFC 8839 §4.2.5). */
  connectWithoutIce(remote: TransportAddress): void {
    this.#plain = remote;
  }

  /** Repeats what is due and, if it may, starts a new check; tells whether it did. `now` in ms. */
  tick(now: number, mayStart: boolean): boolean {
    this.#recover(now);
    const { again, failed } = this.#list.due(now);
    for (const check of again) this.#send(check);
    for (const check of failed) this.#failed(check, 'no answer');
    const check = mayStart ? this.#list.next(now) : undefined;
    if (check !== undefined) this.#send(check);
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
    if (this.#consent.isSilent(now) && this.#sockets.hangUp(selected)) {
      this.#lost(selected, now);
    } else if (this.#consent.isDue(now)) {
      this.#sockets.send(selected, this.#request(selected, this.#consent.ask(selected, now), false));
    }
  }

  /** Sends media on the selected pair; false if there is none, its consent expired or it does not drain. */
  send(packet: Buffer): boolean {
    const { selected } = this.#list;
    if (this.#plain !== undefined) {
      this.#sockets.sendTo(this.#plain, packet);
      return true;
    }
    if (selected === undefined || this.#consent.hasExpired(performance.now())) return false;
    return this.#sockets.send(selected, packet);
  }

  close(): void {
    this.#closed = true;
    this.#events.close();
    this.#sockets.close();
  }

  /** The first request of a check, or the next one. */
  #send(check: Check): void {
    const { pair, transactionId, nominating } = check;
    const request = this.#request(pair, transactionId, nominating);
    this.#events.sent(check);
    if (this.#sockets.isOpen(pair)) this.#sockets.send(pair, request);
    // RFC 6544 §7.1: an active candidate connects, then checks on the connection.
    else
      this.#sockets.dial(pair, () => {
        this.#events.connected(pair);
        check.sentAt = performance.now();
        this.#sockets.send(pair, request);
      });
  }

  #request({ local }: CandidatePair, transactionId: Buffer, useCandidate: boolean): Buffer {
    const { ufrag = '', pwd = '' } = this.#remote ?? {};
    return buildBindingRequest({
      transactionId,
      username: `${ufrag}:${this.local.ufrag}`,
      password: pwd,
      priority: reflexivePriority(local),
      useCandidate,
      tieBreaker: this.#tieBreaker,
    });
  }

  #lost(pair: CandidatePair, now: number): void {
    // Bytes on their way are lost, and with them what was carried (RFC 4975 §5.4).
    if ('bytes' in this.#carries) return;
    this.#recovery ??= new Reconnection(pair, now);
  }

  #closedWhileChecking(pair: CandidatePair, reason: string): void {
    const check = this.#list.checkOn(pair);
    if (check !== undefined) this.#failed(check, reason);
    this.#list.unusable(pair, reason);
  }

  #recover(now: number): void {
    const recovery = this.#recovery;
    const due = recovery?.due(now, this.#list.failed);
    if (recovery === undefined || due === undefined) return;
    if (due === 'given-up') this.#recovery = undefined;
    else this.#list.reselect(recovery.pair, now);
    if (due === 'first') this.#events.lost(recovery.pair);
  }

  #receivedUdp(packet: Buffer, from: RemoteInfo): void {
    const isTo = ({ remote }: CandidatePair) => remote.address === from.address && remote.port === from.port;
    const pair = this.#list.udpOutcomes.find((outcome) => isTo(outcome.pair))?.pair;
    this.#received(packet, pair, from);
  }

  #receivedByRelay(packet: Buffer, from: TransportAddress): void {
    const isFrom = ({ path, remote }: CandidatePair) =>
      path === 'relay' && remote.address === from.address && remote.port === from.port;
    this.#received(packet, this.#list.outcomes.find(({ pair }) => isFrom(pair))?.pair);
  }

  #received(packet: Buffer, pair: CandidatePair | undefined, from?: TransportAddress): void {
    if (this.#closed || packet.length === 0) return;
    if ((packet[0] ?? 0) > lastStunByte) {
      if ('packet' in this.#carries && (pair !== undefined || this.#plain !== undefined))
        this.#carries.packet(this.line, packet);
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
    if (from === undefined && pair !== undefined) this.#sockets.send(pair, reply);
    else this.#sockets.sendTo(peer, reply);
  }

  #answered(message: StunMessage, pair: CandidatePair): void {
    // RFC 8445 §7.2.5.2.1: an answer from elsewhere than the check went to is none.
    const { transactionId } = message;
    const onPair = this.#list.checkOn(pair);
    const check = onPair?.transactionId.equals(transactionId) === true ? onPair : undefined;
    const sent = check ?? this.#consent.checkOf(transactionId);
    if (sent?.pair !== pair) return;
    if (message.class === 'error') {
      const error = errorCode(message);
      if (check) this.#failed(check, `refused: ${error?.code ?? '?'} ${error?.reason ?? ''}`.trim(), true);
      return;
    }
    if (!verifyIntegrity(message, this.#remote?.pwd ?? '')) return;
    const now = performance.now();
    this.#consent.answered(transactionId, now);
    this.#rttMs = now - sent.sentAt;
    if (check) this.#succeeded(check, this.#rttMs);
  }

  #succeeded(check: Check, rttMs: number): void {
    const { pair } = check;
    const selected = this.#list.success(check, performance.now());
    if (!check.nominating) this.#events.succeeded(pair, rttMs);
    if (!selected) return;
    this.#recovery = undefined;
    this.#consent.selected(performance.now());
    this.#events.selected(pair, this.#list.udpOutcomes);
    const bytes = this.#sockets.bytesOf(pair);
    if ('bytes' in this.#carries && bytes !== undefined) this.#carries.bytes(bytes);
    this.#changed();
  }

  #failed(check: Check, reason: string, answered = false): void {
    this.#list.failure(check, reason, answered);
    this.#events.failed(check.pair, reason);
  }
}

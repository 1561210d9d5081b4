import { EventEmitter } from 'node:events';
import type { Duplex } from 'node:stream';
import type { TransportAddress } from '../ice/transport-address';
import type { AddressFamily } from '../ip-address';
import type { MsrpLimits } from './limits';
import { PathRewriter, type PathRewriting } from './path-rewriter';
import type { PortPool } from './port-pool';
import { Pump, type Translation } from './pump';
import { TcpSide } from './tcp-side';

export type SideName = 'access' | 'core';

/**
 * Why a bridge ended: `closed` by that end; `refused` or did not answer our connection; `unusable`, it named no place
 * that we connect to; `timeout`, it never came; `not-reading`, what was sent to it was not taken; `malformed`, it sent
 * what is no MSRP although paths are rewritten; `silent`, nobody sent a byte; `replaced`, another core answered when
 * bytes had passed; `released` by us.
 */
export type BridgeEnd =
  | `${SideName}-${'closed' | 'refused' | 'unusable' | 'timeout' | 'not-reading' | 'malformed'}`
  | 'silent'
  | 'replaced'
  | 'released';

export interface BridgeEvents {
  /** Both sides are up: bytes flow. */
  joined: [];
  /** Exactly once. Both sides are closed then. */
  ended: [BridgeEnd];
}

/** What the bridges of one process share. */
export interface BridgeSurroundings {
  /** Our addresses and ports of each side. */
  sides: Readonly<Record<SideName, { addresses: readonly string[]; ports: PortPool }>>;
  limits: MsrpLimits;
  /** Bytes received, by side. */
  bytes: Record<SideName, number>;
  /** Connections turned away. */
  strangers: () => void;
  /** Messages whose To-Path was not the path shown. */
  strays: (count: number) => void;
}

interface BridgeSide {
  tcp: TcpSide;
  stream: Duplex | undefined;
}

/** `access`: of what the UE sends; `core`: of what the core sends. */
export type BridgeRewriting = Partial<Record<SideName, PathRewriting>>;

/**
 * One MSRP stream between a UE and the core (23.334 6.2.18): joins two connections and copies bytes both
 * ways. A side listens, connects, or is given its stream (`attach`: the gateway's); what comes before both
 * are up waits in the buffers of the streams, of which no more is read.
 */
export class MsrpBridge extends EventEmitter<BridgeEvents> {
  readonly #around: BridgeSurroundings;
  readonly #sides: Record<SideName, BridgeSide>;
  readonly #pumps: Pump[] = [];
  #rewriting: BridgeRewriting = {};
  #timer: NodeJS.Timeout | undefined;
  #phase: 'waiting' | 'joined' | 'closing' | 'ended' = 'waiting';
  #isSilent = true;

  constructor(around: BridgeSurroundings) {
    super();
    this.#around = around;
    this.#sides = { access: this.#side('access'), core: this.#side('core') };
  }

  /**
   * Opens a port on this side, on our address of this family or else the first, and tells which. Rejects with an
   * EdgeError, as {@link TcpSide.listen}.
   */
  listen(side: SideName, family?: AddressFamily): Promise<TransportAddress> {
    return this.#sides[side].tcp.listen(family);
  }

  /** As negotiated, the other end connects, from this address if it is known. */
  expect(side: SideName, address?: string): void {
    this.#sides[side].tcp.expect(address);
  }

  /** As negotiated, we connect; undefined: the peer named no place, or none that we connect to. */
  connect(side: SideName, remote: TransportAddress | undefined): void {
    if (remote === undefined || !this.#sides[side].tcp.connect(remote)) this.#end(`${side}-unusable`);
  }

  /** The side's stream, made elsewhere. A second one is destroyed. */
  attach(side: SideName, stream: Duplex): void {
    stream.on('error', () => undefined);
    const known = this.#sides[side];
    if (this.#phase !== 'waiting' || known.stream !== undefined) {
      stream.destroy();
      return;
    }
    known.tcp.close();
    known.stream = stream;
    stream.once('close', () => this.#closed(side, stream));
    if (this.#sides.access.stream !== undefined && this.#sides.core.stream !== undefined) {
      this.#join(this.#sides.access.stream, this.#sides.core.stream);
    }
  }

  /** For peers without a=msrp-cema; before bytes flow. */
  rewrite(rewriting: BridgeRewriting): void {
    this.#rewriting = rewriting;
  }

  /**
   * Another core answered than before (a fork): what there is of the first is closed, the UE's connection stays and
   * waits. Once bytes have passed there is no other end for them.
   */
  replaceCore(): void {
    if (this.#phase !== 'waiting' && this.#phase !== 'joined') return;
    if (!this.#isSilent) {
      this.#end('replaced');
      return;
    }
    const { access, core } = this.#sides;
    for (const pump of this.#pumps.splice(0)) pump.stop();
    access.stream?.pause();
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#phase = 'waiting';
    // Its port has been told, and still may be what the other core connects to.
    if (core.tcp.isListening) return;
    this.#sides.core = this.#side('core');
    core.tcp.close();
    core.stream?.destroy();
  }

  /** The offer was answered: from now on both sides have a time limit to come up. */
  start(): void {
    if (this.#phase !== 'waiting' || this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#end(this.#sides.access.stream === undefined ? 'access-timeout' : 'core-timeout');
    }, this.#around.limits.joinMs);
  }

  get isJoined(): boolean {
    return this.#phase === 'joined';
  }

  /** The call is over. What is being delivered since one side closed is delivered; else it ends at once. */
  release(): void {
    if (this.#phase !== 'closing') this.close();
  }

  /** Ends it at once; may be called twice. */
  close(): void {
    this.#end('released');
  }

  #side(name: SideName): BridgeSide {
    const { sides, limits, strangers } = this.#around;
    const { addresses, ports } = sides[name];
    const tcp = new TcpSide(ports, addresses, limits, {
      connected: (socket) => this.attach(name, socket),
      refused: () => this.#end(`${name}-refused`),
      stranger: strangers,
    });
    return { tcp, stream: undefined };
  }

  #join(access: Duplex, core: Duplex): void {
    this.#phase = 'joined';
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#end('silent'), this.#around.limits.firstBytesMs);
    this.#pump('access', access, core);
    this.#pump('core', core, access);
    this.emit('joined');
  }

  #pump(name: SideName, from: Duplex, to: Duplex): void {
    const { bytes, limits } = this.#around;
    const listener = {
      received: (count: number) => {
        bytes[name] += count;
        if (this.#isSilent) this.#spoke();
      },
      stalled: () => this.#end(`${other(name)}-not-reading`),
    };
    from.once('end', () => {
      if (from === this.#sides[name].stream) this.#closing(name);
    });
    this.#pumps.push(new Pump(from, to, limits.stallMs, listener, this.#translation(name)));
  }

  #translation(name: SideName): Translation {
    const rewriting = this.#rewriting[name];
    if (rewriting === undefined) return (chunk) => [chunk];
    const rewriter = new PathRewriter(rewriting);
    return (chunk) => {
      const before = rewriter.strays;
      const { passed, fault } = rewriter.push(chunk);
      this.#around.strays(rewriter.strays - before);
      if (fault === undefined) return passed;
      const to = this.#sides[other(name)].stream;
      for (const piece of passed) to?.write(piece);
      this.#closing(name, `${name}-malformed`);
      return undefined;
    };
  }

  #spoke(): void {
    this.#isSilent = false;
    if (this.#phase === 'joined') clearTimeout(this.#timer);
  }

  #closed(name: SideName, stream: Duplex): void {
    if (stream !== this.#sides[name].stream) return;
    if (this.#phase === 'waiting') this.#end(`${name}-closed`);
    else this.#closing(name);
  }

  /** One side is over: the other gets what was written to it, and then is closed (H10, RFC 4975 §5.4). */
  #closing(name: SideName, reason: BridgeEnd = `${name}-closed`): void {
    const { stream } = this.#sides[name];
    const far = this.#sides[other(name)].stream;
    if (this.#phase !== 'joined' || stream === undefined || far === undefined) return;
    this.#phase = 'closing';
    clearTimeout(this.#timer);
    for (const pump of this.#pumps) pump.stop();
    // Unread bytes would make of closing a reset, which takes from the peer what it has not read yet.
    stream.resume();
    far.resume();
    stream.end();
    far.end();
    this.#timer = setTimeout(
      () => this.#end(far.writableFinished ? reason : `${other(name)}-not-reading`),
      this.#around.limits.closeMs,
    );
    if (far.closed) this.#end(reason);
    else far.once('close', () => this.#end(reason));
  }

  #end(reason: BridgeEnd): void {
    if (this.#phase === 'ended') return;
    this.#phase = 'ended';
    clearTimeout(this.#timer);
    for (const pump of this.#pumps) pump.stop();
    for (const { tcp, stream } of Object.values(this.#sides)) {
      tcp.close();
      stream?.destroy();
    }
    this.emit('ended', reason);
  }
}

function other(name: SideName): SideName {
  return name === 'access' ? 'core' : 'access';
}

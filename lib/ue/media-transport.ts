import { EdgeError } from '../errors';
import type { PathName } from './candidate-pair';
import type { IceDescription, RemoteStream } from './description';
import { isRtcp } from './rtp';
import { UdpPort } from './udp-port';

/** What carries the media of one call: with ICE or without. Streams are named by the index of their m= line. */
export interface MediaTransport {
  /** What the offer or answer says of a stream. */
  local(line: number): { port: number; address?: string; ice?: IceDescription };
  /**
   * Learns the peer's side and resolves once all accepted streams have a path. The same again changes nothing.
   * Rejects with `no-path`, or with `closed`.
   */
  connect(remote: readonly RemoteStream[]): Promise<void>;
  /** Sends RTP or RTCP; false if it could not be sent. */
  send(line: number, packet: Buffer): boolean;
  path(line: number): PathName | undefined;
  /** By connectivity checks, ms. */
  rttMs(line: number): number | undefined;
  unansweredUdpChecks(line: number): number;
  /** The call is ending: a path that is lost now is not looked for again. */
  conclude(): void;
  close(): void;
}

export interface PlainTransportOptions {
  /** Our address for media. */
  address: string;
  /** Indices of the m= lines that get ports. */
  lines: readonly number[];
  /** RTP or RTCP of a stream came in. */
  packet: (line: number, packet: Buffer) => void;
}

/** RTP on an even UDP port and RTCP on the next one: what a phone in the core does. */
export class PlainTransport implements MediaTransport {
  readonly #ports = new Map<number, [rtp: UdpPort, rtcp: UdpPort]>();
  #remote: readonly RemoteStream[] = [];

  private constructor() {
    // Transports come from `open`.
  }

  /** Rejects with `address-unusable`. */
  static async open(options: PlainTransportOptions): Promise<PlainTransport> {
    const transport = new PlainTransport();
    try {
      for (const line of options.lines) {
        const ports = await UdpPort.openPair(options.address);
        for (const port of ports) port.on('packet', (packet) => options.packet(line, packet));
        transport.#ports.set(line, ports);
      }
    } catch (error) {
      transport.close();
      throw error;
    }
    return transport;
  }

  local(line: number): { port: number } {
    const ports = this.#ports.get(line);
    if (ports === undefined) throw new EdgeError('no-stream', `Line ${line} has no media.`);
    return { port: ports[0].port };
  }

  connect(remote: readonly RemoteStream[]): Promise<void> {
    this.#remote = remote.filter(({ accepted }) => accepted);
    return Promise.resolve();
  }

  send(line: number, packet: Buffer): boolean {
    const ports = this.#ports.get(line);
    const remote = this.#remote.find((stream) => stream.line === line);
    // 0.0.0.0 holds a stream the old way (RFC 3264 §8.4); nothing can be sent there.
    if (ports === undefined || remote === undefined || /^(0\.0\.0\.0|::)?$/.test(remote.rtp.address)) return false;
    if (isRtcp(packet)) ports[1].send(packet, remote.rtcp);
    else ports[0].send(packet, remote.rtp);
    return true;
  }

  path(line: number): PathName | undefined {
    return this.#remote.some((stream) => stream.line === line) ? 'udp' : undefined;
  }

  rttMs(): undefined {
    return undefined;
  }

  unansweredUdpChecks(): number {
    return 0;
  }

  conclude(): void {
    // Its path needs no upkeep.
  }

  close(): void {
    for (const port of [...this.#ports.values()].flat()) port.close();
    this.#ports.clear();
  }
}

import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { receiveCheck } from '../../../lib/ice/lite-agent';
import type { Candidate } from '../../../lib/sdp/candidate';
import { Deframer, framed } from '../../../lib/ice/deframer';
import type { IceDescription } from '../../../lib/ue/description';

/** An ICE-lite edge on loopback: answers checks over UDP and framed TCP, and echoes all else where it came from. */
export class LiteResponder {
  readonly ufrag = 'responder';
  readonly pwd = 'a-password-of-thirty-characters';
  /** Swallow what comes over UDP, as a firewall does. */
  udpSilent = false;
  /** Checks seen, by way; and those with USE-CANDIDATE. */
  readonly checks = { udp: 0, tcp: 0 };
  readonly nominated: string[] = [];
  readonly #udp: UdpSocket;
  readonly #server: Server;
  readonly #connections = new Set<Socket>();

  private constructor(udp: UdpSocket, server: Server) {
    this.#udp = udp;
    this.#server = server;
    udp.on('message', (bytes, from) => {
      if (this.udpSilent) return;
      const reply = this.#reply('udp', bytes, from);
      if (reply !== undefined) udp.send(reply, from.port, from.address);
    });
    server.on('connection', (connection) => this.#accept(connection));
  }

  static async start(): Promise<LiteResponder> {
    const udp = createSocket('udp4');
    udp.bind(0, '127.0.0.1');
    const server = createServer().listen(0, '127.0.0.1');
    await Promise.all([once(udp, 'listening'), once(server, 'listening')]);
    return new LiteResponder(udp, server);
  }

  get tcpPort(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get udpPort(): number {
    return this.#udp.address().port;
  }

  get description(): IceDescription {
    const host = { component: 1, address: '127.0.0.1', type: 'host', extensions: [] };
    const candidates: Candidate[] = [
      { ...host, foundation: '1', transport: 'udp', priority: 2130706431, port: this.udpPort },
      { ...host, foundation: '2', transport: 'tcp', tcpType: 'passive', priority: 8388863, port: this.tcpPort },
    ];
    return { ufrag: this.ufrag, pwd: this.pwd, candidates };
  }

  /** Resets the connections that it has now. */
  dropConnections(): void {
    for (const connection of this.#connections) connection.resetAndDestroy();
  }

  /** What comes on the connections that it has now is swallowed; they stay open. */
  silenceConnections(): void {
    for (const connection of this.#connections) connection.removeAllListeners('data').resume();
  }

  /** Refuses connections from now on. */
  async stopListening(): Promise<void> {
    const port = this.tcpPort;
    this.dropConnections();
    await new Promise((resolve) => this.#server.close(resolve));
    Object.defineProperty(this, 'tcpPort', { value: port });
  }

  async close(): Promise<void> {
    this.#udp.close();
    this.dropConnections();
    if (this.#server.listening) await new Promise((resolve) => this.#server.close(resolve));
  }

  #accept(connection: Socket): void {
    this.#connections.add(connection);
    connection.on('close', () => this.#connections.delete(connection));
    connection.on('error', () => undefined);
    const deframer = Deframer.ofAnyLength((packet) => {
      const peer = { address: connection.remoteAddress ?? '', port: connection.remotePort ?? 0 };
      const reply = this.#reply('tcp', packet, peer);
      if (reply !== undefined) connection.write(framed(reply));
    });
    connection.on('data', (chunk) => deframer.push(chunk));
  }

  #reply(way: 'udp' | 'tcp', bytes: Buffer, peer: { address: string; port: number }): Buffer | undefined {
    if ((bytes[0] ?? 0) > 3) return bytes;
    this.checks[way] += 1;
    const lookup = (ufrag: string) => (ufrag === this.ufrag ? { pwd: this.pwd } : undefined);
    const outcome = receiveCheck({ bytes, peer, authenticated: true, lookup });
    if (outcome.verdict === 'accepted' && outcome.check.nominated) this.nominated.push(way);
    return 'reply' in outcome ? outcome.reply : undefined;
  }
}

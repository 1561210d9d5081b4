import { addresses, type Network, type Place } from '../../../app/demo/network';
import { NamespaceProcess, runTool } from '../../../app/demo/processes';

/**
 * Runs in the place of another UE until it is stopped: from several ports, under its own address and that of
 * the UE, sends RTP, STUN without and with wrong integrity, and garbage to a port of rtpengine, and tells at the end what
 * came to it. The payload is `rogue`, behind a header of 12 bytes or the STUN header.
 */
const program = (port: number, sources: readonly string[]) => `
  const { createSocket } = require('node:dgram');
  const { randomBytes } = require('node:crypto');
  const rtp = Buffer.concat([Buffer.from('800000010000000066666666', 'hex'), Buffer.from('rogue'.padEnd(160))]);
  const stun = () => Buffer.concat([Buffer.from('000100002112a442', 'hex'), randomBytes(12)]);
  const signed = () => {
    const integrity = Buffer.concat([Buffer.from('00080014', 'hex'), randomBytes(20)]);
    const request = Buffer.concat([stun(), integrity]);
    request.writeUInt16BE(24, 2);
    return request;
  };
  const garbage = Buffer.concat([Buffer.alloc(12, 0xff), Buffer.from('rogue'.padEnd(40))]);
  let media = 0, sent = 0;
  const sockets = ${JSON.stringify(sources)}.flatMap((address) => [0, 0].map(() => {
    const socket = createSocket('udp4');
    socket.on('message', (packet) => { if (packet[0] >> 6 === 2) media += 1; });
    socket.on('error', () => undefined);
    socket.bind(0, address);
    return socket;
  }));
  setInterval(() => {
    for (const socket of sockets) for (const packet of [rtp, stun(), signed(), garbage])
      socket.send(packet, ${port}, '${addresses.edgeAccess}', (error) => { if (!error) sent += 1; });
  }, 20);
  process.on('SIGTERM', () => { process.stdout.write(JSON.stringify({ sent, media }) + '\\n'); process.exit(0); });
  console.log('started');
`;

/** What it sent, and how many of the packets that it received were RTP or RTCP. */
export interface RogueReport {
  sent: number;
  media: number;
}

/** Somebody else on the access network, who tries to get at the media of a call. */
export class Rogue {
  readonly #process: NamespaceProcess;
  readonly #report: Promise<RogueReport>;

  private constructor(process: NamespaceProcess) {
    this.#process = process;
    this.#report = process.line('its report', 120_000, (line) =>
      line.startsWith('{') ? (JSON.parse(line) as RogueReport) : undefined,
    );
    this.#report.catch(() => undefined);
  }

  /** @param port rtpengine's, toward the UE. Resolves when it has begun. */
  static async start(network: Network, port: number): Promise<Rogue> {
    const namespace = network.namespace('ue2');
    // So that it can send under the address of the UE.
    await runTool('ip', ['-n', namespace, 'address', 'replace', `${addresses.ue}/32`, 'dev', 'lo']);
    const child = new NamespaceProcess({
      name: 'the rogue',
      namespace,
      program: process.execPath,
      args: ['-e', program(port, [addresses.ue2, addresses.ue])],
    });
    await child.line('it began', 10_000, (line) => (line === 'started' ? true : undefined));
    return new Rogue(child);
  }

  async stop(): Promise<RogueReport> {
    this.#process.signal('SIGTERM');
    return this.#report;
  }

  async close(): Promise<void> {
    await this.#process.close();
  }
}

/** Counts what of a rogue's packets comes to a place: its payload, or a STUN request. */
export class RogueCounter {
  readonly #namespace: string;

  private constructor(namespace: string) {
    this.#namespace = namespace;
  }

  static async start(network: Network, place: Place): Promise<RogueCounter> {
    const counter = new RogueCounter(network.namespace(place));
    await counter.#nft(
      [
        'add table inet rogue',
        'add counter inet rogue came',
        'add chain inet rogue arriving { type filter hook input priority 0; policy accept; }',
        // Behind the 8 bytes of the UDP header: the text behind 12 bytes more, and STUN's type.
        'add rule inet rogue arriving meta l4proto udp @th,160,32 0x726f6775 counter name came',
        'add rule inet rogue arriving meta l4proto udp @th,64,16 0x0001 counter name came',
      ].join('; '),
    );
    return counter;
  }

  async packets(): Promise<number> {
    const listed = await this.#nft('list counter inet rogue came');
    return Number(/packets (\d+)/.exec(listed)?.[1] ?? NaN);
  }

  async #nft(command: string): Promise<string> {
    return runTool('ip', ['netns', 'exec', this.#namespace, 'nft', command]);
  }
}

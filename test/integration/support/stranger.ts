import { addresses, type Network } from '../../../app/demo/network';
import { runTool } from '../../../app/demo/processes';

/** What became of one connection to TCP 80. */
export interface Fate {
  /** The edge ended it; else it was still open at the limit. */
  closed: boolean;
  /** Bytes that the edge sent, in hex. */
  received: string;
}

/** Runs in the UE's namespace: connects to port 80, sends pieces one a second, waits for the end. */
const program = (pieces: readonly string[], limitMs: number) => `
  const socket = require('node:net').connect(80, '${addresses.edgeAccess}');
  const pieces = ${JSON.stringify(pieces)};
  let received = '';
  const finish = (closed) => { process.stdout.write(JSON.stringify({ closed, received })); process.exit(0); };
  const next = () => { if (pieces.length > 0) socket.write(Buffer.from(pieces.shift(), 'hex')); };
  socket.on('connect', () => { next(); setInterval(next, 1000); });
  socket.on('data', (chunk) => { received += chunk.toString('hex'); });
  socket.on('error', () => undefined);
  socket.on('close', () => finish(true));
  setTimeout(() => finish(false), ${limitMs});
`;

/**
 * Someone on the access side who speaks to TCP 80 with these bytes, a piece a second, and keeps the
 * connection open until the edge closes it or `limitMs` is over.
 */
export async function strangerSends(network: Network, pieces: readonly Buffer[], limitMs: number): Promise<Fate> {
  const code = program(
    pieces.map((piece) => piece.toString('hex')),
    limitMs,
  );
  return JSON.parse(
    await runTool('ip', ['netns', 'exec', network.namespace('ue'), process.execPath, '-e', code]),
  ) as Fate;
}

/** Counts the datagrams that reach rtpengine's media ports from inside the edge, which is where the gateway sends from. */
export class AnchorCounter {
  readonly #namespace: string;

  private constructor(namespace: string) {
    this.#namespace = namespace;
  }

  static async start(network: Network): Promise<AnchorCounter> {
    const counter = new AnchorCounter(network.namespace('edge'));
    await counter.#nft(
      [
        'add table inet watch',
        'add counter inet watch anchor',
        'add chain inet watch arriving { type filter hook input priority 0; policy accept; }',
        `add rule inet watch arriving iifname lo ip daddr ${addresses.edgeAccess} meta l4proto udp counter name anchor`,
      ].join('; '),
    );
    return counter;
  }

  async packets(): Promise<number> {
    const listed = await this.#nft('list counter inet watch anchor');
    return Number(/packets (\d+)/.exec(listed)?.[1] ?? NaN);
  }

  async #nft(command: string): Promise<string> {
    return runTool('ip', ['netns', 'exec', this.#namespace, 'nft', command]);
  }
}

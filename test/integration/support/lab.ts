import { edgeEnvironment, startEdge } from '../../../app/demo/edge-process';
import { addresses, Network } from '../../../app/demo/network';
import { runTool, type NamespaceProcess } from '../../../app/demo/processes';
import { Drachtio } from './drachtio';
import { Rtpengine } from './rtpengine';
import { until } from './until';

/** How long the last packets and requests of a call may take to free what it held, in ms. */
const settleMs = 5000;

/** SIPp sends to port 5060. */
const forScenarios = { ACCESS_LISTEN: `sip:${addresses.edgeAccess}:5060;transport=tcp`, LOG_LEVEL: 'debug' };

/**
 * The real edge between a UE and a core, with a real rtpengine, and with a real drachtio-server where
 * DRACHTIO_BIN names one; else with the embedded edge.
 */
export class Lab {
  readonly network: Network;
  readonly rtpengine: Rtpengine;
  /** Undefined: the edge has its own stand-in for it. */
  readonly drachtio: Drachtio | undefined;
  readonly #edgeLog: string[] = [];
  #edge: NamespaceProcess | undefined;
  #kept: ReadonlySet<string> = new Set();

  private constructor(network: Network, rtpengine: Rtpengine, drachtio: Drachtio | undefined) {
    this.network = network;
    this.rtpengine = rtpengine;
    this.drachtio = drachtio;
  }

  static async start(settings: Record<string, string> = {}, network = new Network()): Promise<Lab> {
    Network.removeLeftovers();
    try {
      await network.lay();
      const { RTPENGINE_ACCESS_INTERFACE: own, GATEWAY_ADDRESS: shown } = settings;
      const rtpengine = await Rtpengine.start(network, (own ?? shown)?.split(','));
      const program = process.env['DRACHTIO_BIN'];
      const lab = new Lab(network, rtpengine, program ? await Drachtio.start(network, program) : undefined);
      await lab.startEdge(settings);
      return lab;
    } catch (error) {
      network.close();
      throw error;
    }
  }

  get edge(): NamespaceProcess {
    if (this.#edge === undefined) throw new Error('The edge has not started');
    return this.#edge;
  }

  /** What the edge logged, a JSON object a line. */
  get edgeLog(): readonly string[] {
    return this.#edgeLog;
  }

  /** Starts the edge, or takes it down and starts it with other settings: then UEs have to register anew. */
  async startEdge(settings: Record<string, string>): Promise<void> {
    await this.#edge?.close();
    const wanted = { ...edgeEnvironment(), ...forScenarios, RTPENGINE_URLS: Rtpengine.url, ...settings };
    this.#edge = await startEdge(this.network, this.drachtio ? { ...wanted, ...Drachtio.environment } : wanted);
    this.#edge.onLine((line) => this.#edgeLog.push(line));
  }

  /** Resolves once no call is left: none in rtpengine, and no connection at the gateway. */
  async nothingLeft(): Promise<void> {
    await until('rtpengine holds no call', settleMs, async () =>
      (await this.rtpengine.calls()) === '' ? true : undefined,
    );
    await until('the gateway has no connection', settleMs, async () =>
      (await this.#connections()).every((connection) => this.#kept.has(connection)) ? true : undefined,
    );
  }

  /** The connections that port 80 has now are SIP of UEs, and stay. */
  async keepConnections(): Promise<void> {
    this.#kept = new Set(await this.#connections());
  }

  async close(): Promise<void> {
    await this.#edge?.close();
    await this.drachtio?.close();
    await this.rtpengine.close();
    this.network.close();
  }

  /** The far ends of port 80. */
  async #connections(): Promise<string[]> {
    const filter = ['state', 'established', '( sport = :80 )'];
    const listed = await runTool('ip', ['netns', 'exec', this.network.namespace('edge'), 'ss', '-Htn', ...filter]);
    return [...listed.matchAll(/(\S+)\s*$/gm)].map(([, peer = '']) => peer);
  }
}

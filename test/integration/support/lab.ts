import { edgeEnvironment, startEdge } from '../../../app/demo/edge-process';
import { Network } from '../../../app/demo/network';
import { runTool, type NamespaceProcess } from '../../../app/demo/processes';
import { Drachtio } from './drachtio';
import { Rtpengine } from './rtpengine';
import { until } from './until';

/** How long the last packets and requests of a call may take to free what it held, in ms. */
const settleMs = 5000;

/**
 * The real edge between a UE and a core, with a real rtpengine, and with a real drachtio-server where
 * DRACHTIO_BIN names one; else with the embedded edge.
 */
export class Lab {
  readonly network: Network;
  readonly rtpengine: Rtpengine;
  readonly edge: NamespaceProcess;
  /** What the edge logged, a JSON object a line. */
  readonly edgeLog: readonly string[];
  readonly #drachtio: Drachtio | undefined;

  private constructor(parts: {
    network: Network;
    rtpengine: Rtpengine;
    edge: NamespaceProcess;
    edgeLog: string[];
    drachtio: Drachtio | undefined;
  }) {
    this.network = parts.network;
    this.rtpengine = parts.rtpengine;
    this.edge = parts.edge;
    this.edgeLog = parts.edgeLog;
    this.#drachtio = parts.drachtio;
  }

  static async start(settings: Record<string, string> = {}, network = new Network()): Promise<Lab> {
    Network.removeLeftovers();
    try {
      await network.lay();
      const rtpengine = await Rtpengine.start(network, settings['GATEWAY_ADDRESS']?.split(','));
      const wanted = { ...edgeEnvironment(), RTPENGINE_URLS: Rtpengine.url, LOG_LEVEL: 'debug', ...settings };
      const program = process.env['DRACHTIO_BIN'];
      const drachtio = program ? await Drachtio.start(network, program) : undefined;
      const environment = drachtio === undefined ? wanted : { ...wanted, ...Drachtio.environment };
      const edge = await startEdge(network, environment);
      const edgeLog: string[] = [];
      edge.onLine((line) => edgeLog.push(line));
      return new Lab({ network, rtpengine, edge, edgeLog, drachtio });
    } catch (error) {
      network.close();
      throw error;
    }
  }

  /** Resolves once no call is left: none in rtpengine, and no connection at the gateway. */
  async nothingLeft(): Promise<void> {
    await until('rtpengine holds no call', settleMs, async () =>
      (await this.rtpengine.calls()) === '' ? true : undefined,
    );
    await until('the gateway has no connection', settleMs, async () =>
      (await this.#gatewayConnections()) === '' ? true : undefined,
    );
  }

  async close(): Promise<void> {
    await this.edge.close();
    await this.#drachtio?.close();
    await this.rtpengine.close();
    this.network.close();
  }

  #gatewayConnections(): Promise<string> {
    const filter = ['state', 'established', '( sport = :80 )'];
    return runTool('ip', ['netns', 'exec', this.network.namespace('edge'), 'ss', '-Htn', ...filter]);
  }
}

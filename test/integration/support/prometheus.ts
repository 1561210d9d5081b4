import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Network } from '../../../app/demo/network';
import { NamespaceProcess, runTool } from '../../../app/demo/processes';

const place = '127.0.0.1:9090';

const configuration = `
scrape_configs:
  - job_name: edge80
    scrape_interval: 1s
    static_configs: [{ targets: ['127.0.0.1:8480'] }]
`;

/** Prometheus in the edge's namespace, which reads its metrics every second. */
export class Prometheus {
  readonly #network: Network;
  readonly #folder = mkdtempSync(path.join(tmpdir(), 'edge80-prometheus-'));
  readonly #process: NamespaceProcess;

  constructor(network: Network) {
    this.#network = network;
    const file = path.join(this.#folder, 'prometheus.yml');
    writeFileSync(file, configuration);
    this.#process = new NamespaceProcess({
      name: 'Prometheus',
      namespace: network.namespace('edge'),
      program: 'prometheus',
      args: [
        `--config.file=${file}`,
        `--storage.tsdb.path=${path.join(this.#folder, 'data')}`,
        `--web.listen-address=${place}`,
      ],
    });
  }

  /** The values that a query gives now, by their labels without job and instance; none while it is not up. */
  async query(text: string): Promise<[labels: Record<string, string>, value: number][]> {
    const request = ['-s', '-G', '--data-urlencode', `query=${text}`, `http://${place}/api/v1/query`];
    const said = await runTool('ip', ['netns', 'exec', this.#network.namespace('edge'), 'curl', ...request]).catch(
      () => '',
    );
    if (!said.startsWith('{')) return [];
    const { data } = JSON.parse(said) as {
      data?: { result: { metric: Record<string, string>; value: [number, string] }[] };
    };
    return (data?.result ?? []).map(({ metric, value }) => {
      const labels = Object.entries(metric).filter(([name]) => !['job', 'instance', '__name__'].includes(name));
      return [Object.fromEntries(labels), Number(value[1])];
    });
  }

  async close(): Promise<void> {
    await this.#process.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import {
  metricTable,
  type FedName,
  type HistogramName,
  type Labels,
  type MetricName,
  type PulledName,
} from './metric-table';

/** A value for each set of labels that there is. */
export type Samples = { readonly [Name in PulledName]: readonly (readonly [Labels<Name>, number])[] };

type Series = Counter | Gauge | Histogram;

/**
 * The metrics of a process (I4), in the text format of Prometheus. Those that are counted elsewhere anyway are read when
 * somebody asks, so that counting costs nothing more.
 */
export class Metrics {
  readonly #registry = new Registry();
  readonly #series = new Map<string, Series>();
  readonly #pull: () => Promise<Samples>;

  constructor(pull: () => Promise<Samples>) {
    this.#pull = pull;
    for (const name of Object.keys(metricTable) as MetricName[]) this.#series.set(name, this.#seriesOf(name));
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** All metrics, as they are now. Rejects as the pull does. */
  async text(): Promise<string> {
    const samples = await this.#pull();
    for (const [name, values] of Object.entries(samples)) {
      const series = this.#series.get(name);
      series?.reset();
      for (const [labels, value] of values)
        if (series instanceof Gauge) series.set(labels, value);
        else if (series instanceof Counter) series.inc(labels, value);
    }
    return this.#registry.metrics();
  }

  add<Name extends Exclude<FedName, HistogramName>>(name: Name, labels: Labels<Name>, value = 1): void {
    const series = this.#series.get(name);
    if (series instanceof Counter) series.inc(labels, value);
  }

  observe<Name extends HistogramName>(name: Name, labels: Labels<Name>, value: number): void {
    const series = this.#series.get(name);
    if (series instanceof Histogram) series.observe(labels, value);
  }

  #seriesOf(name: MetricName): Series {
    const { type, help, labels, ...more } = metricTable[name];
    const common = { name, help, labelNames: [...labels], registers: [this.#registry] };
    if (type === 'gauge') return new Gauge(common);
    if (type === 'counter') return new Counter(common);
    return new Histogram({ ...common, ...('buckets' in more && { buckets: [...more.buckets] }) });
  }
}

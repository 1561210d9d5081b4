import { Heap, type HeapItem } from '../heap';
import { Line, type Entry } from './line';
import type { Origin } from './origin';

/** So many strangers of a network count as much as one of a source: a network may be one site, or thousands of UEs. */
const networkToSource = 16;

/** What stands in a {@link Crowd}. */
export interface Member {
  /** When it came, in ms, and its number in the order of arrival. */
  readonly since: number;
  readonly number: number;
}

/** One IPv4 address or IPv6 /64. */
export class Source<M extends Member> implements HeapItem {
  readonly key: string;
  readonly network: Network<M>;
  readonly strangers = new Line<M>();
  /** Of its connections, those that have authenticated. */
  authenticated = 0;
  index = -1;

  constructor(key: string, network: Network<M>) {
    this.key = key;
    this.network = network;
  }

  /** A source may have a stranger for each UE that it is known to have: its others may be coming back. */
  get excess(): number {
    return this.strangers.length - this.authenticated;
  }
}

/** Sources that may be in one hand: an IPv6 /48, or an IPv4 address alone. */
class Network<M extends Member> implements HeapItem {
  readonly key: string;
  readonly sources = new Heap<Source<M>>(
    (one, other) => one.excess > other.excess || (one.excess === other.excess && isOlder(one, other)),
  );
  strangers = 0;
  authenticated = 0;
  index = -1;

  constructor(key: string) {
    this.key = key;
  }

  get excess(): number {
    const whole = Math.ceil((this.strangers - this.authenticated) / networkToSource);
    return Math.max(this.sources.first?.excess ?? 0, whole);
  }

  get isEmpty(): boolean {
    return this.strangers + this.authenticated === 0;
  }
}

/** Strangers by where they come from: who has the most is at hand. Every step takes O(log n). */
export class Crowd<M extends Member> {
  readonly #sources = new Map<string, Source<M>>();
  readonly #networks = new Map<string, Network<M>>();
  readonly #byExcess = new Heap<Network<M>>((one, other) => {
    const [first, second] = [one.sources.first, other.sources.first];
    if (one.excess !== other.excess) return one.excess > other.excess;
    return first !== undefined && second !== undefined && isOlder(first, second);
  });

  /** Undefined while it has no connection. */
  find({ source }: Origin): Source<M> | undefined {
    return this.#sources.get(source);
  }

  /** For the connection that is added to it next. */
  sourceOf(origin: Origin): Source<M> {
    const known = this.#sources.get(origin.source);
    if (known !== undefined) return known;
    const network = this.#networks.get(origin.network) ?? new Network<M>(origin.network);
    this.#networks.set(network.key, network);
    const source = new Source(origin.source, network);
    this.#sources.set(source.key, source);
    return source;
  }

  /** The oldest stranger of the source that has the most of them; of sources that have as many, of that with the oldest. */
  get greediest(): M | undefined {
    return this.#byExcess.first?.sources.first?.strangers.first;
  }

  add(member: M, source: Source<M>): Entry<M> {
    const entry = source.strangers.append(member);
    source.network.strangers += 1;
    this.#settle(source);
    return entry;
  }

  remove(entry: Entry<M>, source: Source<M>): void {
    source.strangers.remove(entry);
    source.network.strangers -= 1;
    this.#settle(source);
  }

  /** By how many the connections of a source that have authenticated became more or fewer. */
  countAuthenticated(source: Source<M>, more: 1 | -1): void {
    source.authenticated += more;
    source.network.authenticated += more;
    this.#settle(source);
  }

  /** How many sources are known. */
  get size(): number {
    return this.#sources.size;
  }

  #settle(source: Source<M>): void {
    const { network } = source;
    if (source.strangers.length > 0) network.sources.settle(source);
    else network.sources.remove(source);
    if (network.strangers > 0) this.#byExcess.settle(network);
    else this.#byExcess.remove(network);
    if (source.strangers.length + source.authenticated === 0) this.#sources.delete(source.key);
    if (network.isEmpty) this.#networks.delete(network.key);
  }
}

function isOlder<M extends Member>(one: Source<M>, other: Source<M>): boolean {
  return (one.strangers.first?.number ?? 0) < (other.strangers.first?.number ?? 0);
}

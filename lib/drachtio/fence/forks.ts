import { Newest } from '../../newest';
import { hostPort, parseSipUri, splitOutsideQuotes, tagOf, uriOf, withoutTag } from '../../wire/sip-uri';
import type { SipMessage } from '../../wire/sip-message';

/*
 * An INVITE of the server may be answered by several forks of the core, each a dialog with a tag of its own (RFC 3261
 * §13.2.2.4). drachtio-server 0.9.10 keeps to the tag of the first reliable 18x (RFC 3262): it drops those of others [07h], and
 * sends ACK and BYE with that tag whoever has answered. So toward the server all reliable 18x of an INVITE come from one
 * fork, with RSeqs that follow each other; and what the server sends goes to the fork that is meant.
 */

/** A reliable 18x of the core. */
interface Reliable {
  readonly tag: string;
  /** As the core counts. */
  readonly rseq: number;
  /** As the server was told. */
  readonly shown: number;
  /** Where its PRACK goes: the dialog's target, and its route set without the relay. */
  readonly target: string;
  readonly routes: readonly string[];
}

/** 18x of one INVITE that are remembered, and forks. */
const mostReliable = 64;

/** `surplus`: another fork has answered before, and the server must not see this 2xx; again: nor its repetition. */
export type ForkResponse = 'passes' | 'surplus' | 'surplus-again';

/** The forks of one INVITE. */
export class Forks {
  readonly #reliable: Reliable[] = [];
  readonly #tags = new Set<string>();
  /** Of the fork whose 2xx the server has got. */
  #answered: string | undefined;
  /** By which the server knows that dialog: told by its ACK. */
  #servers: string | undefined;
  /** Those that answered after that one. */
  readonly #surplus = new Set<string>();
  readonly #relay: string;
  /** The call has ended. */
  isOver = false;

  /** @param relay host and port of the relay, as it stands in its Record-Route */
  constructor(relay: string) {
    this.#relay = relay;
  }

  /** Whether there is more than one fork: then what belongs to the dialog needs to be translated for as long as it lasts. */
  get isForked(): boolean {
    return this.#tags.size > 1;
  }

  /** Takes note of a response of the core to the INVITE, and writes it as the server can read it. */
  response(response: SipMessage): ForkResponse {
    const { status } = response;
    const tag = response.toTag;
    if (tag === undefined || status <= 100 || status >= 300) return 'passes';
    if (this.#tags.size < mostReliable) this.#tags.add(tag);
    if (status < 200) {
      if (/^\d{1,10}$/.test(response.get('rseq') ?? '')) this.#showReliable(response, tag);
      return 'passes';
    }
    this.#answered ??= tag;
    if (this.#answered === tag) return 'passes';
    if (this.#surplus.has(tag) || this.#surplus.size >= mostReliable) return 'surplus-again';
    this.#surplus.add(tag);
    return 'surplus';
  }

  /** Writes a request of the server inside the dialog as its fork can read it. */
  toCore(request: SipMessage): void {
    if (request.method === 'PRACK') this.#prack(request);
    else {
      if (request.method === 'ACK') this.#servers = request.toTag;
      const meant = this.#answered ?? this.#reliable.at(-1)?.tag;
      if (meant !== undefined) retag(request, 'To', meant);
    }
  }

  /** Writes a request of a fork as the server knows that fork. */
  toServer(request: SipMessage): void {
    const tag = request.fromTag;
    const known = this.#answered === undefined ? this.#reliable[0]?.tag : this.#servers;
    const isFork = tag !== undefined && (this.#answered === undefined ? this.#tags.has(tag) : tag === this.#answered);
    if (known !== undefined && isFork) retag(request, 'From', known);
  }

  #showReliable(response: SipMessage, tag: string): void {
    const rseq = Number(response.get('rseq'));
    const again = this.#reliable.find((each) => each.tag === tag && each.rseq === rseq);
    const first = this.#reliable[0]?.tag ?? tag;
    const isAlone = this.#reliable.every((each) => each.tag === tag);
    const shown = again?.shown ?? (isAlone ? rseq : (this.#reliable.at(-1)?.shown ?? 0) + 1);
    if (again === undefined && this.#reliable.length < mostReliable) {
      const target = uriOf(response.values('contact')[0] ?? '');
      this.#reliable.push({ tag, rseq, shown, target, routes: routesBehind(this.#relay, response) });
    }
    response.set('RSeq', String(shown));
    retag(response, 'To', first);
  }

  #prack(request: SipMessage): void {
    const [shown, ...invite] = splitOutsideQuotes(request.get('rack') ?? '', ' ');
    const reliable = this.#reliable.find((each) => String(each.shown) === shown);
    if (!reliable) return;
    retag(request, 'To', reliable.tag);
    request.set('RAck', [reliable.rseq, ...invite].join(' '));
    if (!this.isForked || reliable.target === '') return;
    request.requestUri = reliable.target;
    request.remove('route');
    for (const route of reliable.routes) request.add('Route', route);
  }
}

/** The calls whose forks are remembered, by the server's Call-ID: while they begin, and those with several to their end. */
export class ForkedCalls extends Newest<string, Forks> {
  /** @param isOpen whether the INVITE of a call is not over */
  sweep(isOpen: (callId: string) => boolean): void {
    for (const [callId, { isForked, isOver }] of this) {
      if ((!isForked || isOver) && !isOpen(callId)) this.delete(callId);
    }
  }
}

/** The route set toward the sender of a response (RFC 3261 §12.1.2), from behind the relay. */
export function routesBehind(relay: string, response: SipMessage): string[] {
  const isRelay = (route: string) => {
    const uri = parseSipUri(uriOf(route));
    return uri !== undefined && hostPort(uri.host, uri.port) === relay;
  };
  return response
    .values('record-route')
    .reverse()
    .filter((route) => !isRelay(route));
}

function retag(message: SipMessage, header: 'From' | 'To', tag: string): void {
  const value = message.get(header.toLowerCase()) ?? '';
  if (tagOf(value) !== tag) message.set(header, `${withoutTag(value)};tag=${tag}`);
}

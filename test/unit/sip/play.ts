import { setTimeout } from 'node:timers/promises';
import { Bindings, type Exchange, type Step } from './exchange';
import { calleeDialog, callerDialog, type Message, type PeerDialog, type PeerHeaders, type SipPeer } from './sip-peer';
import type { TestEdge } from './test-edge';
import { splitOutsideQuotes } from '../../../lib/wire/sip-uri';

/** Headers whose values may stand on one line or on several (RFC 3261 §7.3.1), which SIP servers do as they like. */
const lists = new Set(['accept', 'accept-contact', 'allow', 'allow-events', 'contact', 'reason', 'warning']);
const listOf = (line: string) => splitOutsideQuotes(line, ',');

/** ms after which a message that an exchange waits for is taken to be lost. */
const patience = 5000;

/**
 * Plays an exchange on an edge whose emergency calls go to `ecscf`.
 * @throws Error that names the line where it went another way.
 */
export async function play(
  exchange: Exchange,
  edge: TestEdge,
  ecscf: { address: string; port: number },
): Promise<void> {
  const players = new Map<string, Player>();
  const bindings = new Bindings();
  for (const name of new Set(exchange.steps.map(({ who }) => who))) {
    const peer = name === 'ecscf' ? await edge.coreElement(ecscf.address, ecscf.port) : await peerFor(name, edge);
    players.set(name, new Player(peer, bindings));
    bindings.set(name, `${peer.address}:${peer.port}`);
    bindings.set(`${name}.contact`, peer.contact.slice(1, -1));
  }
  bindings.set('edge', `${edge.core.address}:${edge.core.port}`);
  for (const step of exchange.steps) {
    const player = players.get(step.who);
    const others = [...players].flatMap(([name, each]) => (sideOf(name) === sideOf(step.who) ? [each] : []));
    try {
      if (step.does === 'registers') await registers(step, player, edge, bindings);
      else await player?.play(step, others);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      // eslint-disable-next-line preserve-caught-error -- jest would tell the same twice.
      throw new Error(`line ${step.line}: ${why}`);
    }
  }
  for (const { who, does, what, line } of exchange.steps) {
    const met = players.get(who)?.peer.history.find((message) => does === 'never gets' && kindOf(message) === what);
    if (met) throw new Error(`line ${line}: ${who} got\n${met.raw}`);
  }
}

function sideOf(name: string): string {
  return name.startsWith('ue') ? 'ue' : 'core';
}

async function peerFor(name: string, edge: TestEdge): Promise<SipPeer> {
  if (name === 'core') return edge.coreNextHop;
  return name.startsWith('core') ? await edge.coreElement(`127.1.0.1${name.slice(4)}`) : await edge.stranger();
}

/** REGISTER and 200, with headers of the REGISTER; binds `{path}`. */
async function registers(step: Step, player: Player | undefined, edge: TestEdge, bindings: Bindings): Promise<void> {
  if (!player) return;
  const headers = Object.fromEntries(step.headers.map(([name, value]) => [name, bindings.filled(value)]));
  bindings.set('path', await edge.register(player.peer, headers));
}

/** One of those who take part, with what it has sent and received. */
class Player {
  readonly peer: SipPeer;
  readonly #bindings: Bindings;
  /** What it sent or got last of each kind. */
  readonly #sent = new Map<string, Message>();
  readonly got = new Map<string, Message>();
  /** The last response with a tag to the last request of its own that makes a dialog. */
  #dialog: PeerDialog | undefined;
  #making: Message | undefined;

  constructor(peer: SipPeer, bindings: Bindings) {
    this.peer = peer;
    this.#bindings = bindings;
  }

  async play(step: Step, side: readonly Player[]): Promise<void> {
    if (step.does === 'closes') this.peer.close();
    else if (step.does === 'gets') await this.#gets(step);
    else if (step.does === 'sends') this.#sends(step, side);
  }

  #sends(step: Step, side: readonly Player[]): void {
    const what = this.#bindings.filled(step.what);
    const [first = '', second = ''] = what.split(' ');
    const headers = this.#headers(step);
    const body = step.body === undefined ? '' : this.#bindings.filled(step.body);
    if (/^\d{3}$/.test(first)) this.#responds(Number(first), second, step, side);
    else if (first === 'ACK') this.peer.ack(this.#invite(), this.#final(), body, headers);
    else if (first === 'CANCEL') this.peer.cancel(this.#invite(), headers);
    else if (step.inDialog) {
      if (!this.#dialog) throw new Error('there is no dialog');
      this.#sent.set(first, this.peer.inDialog(this.#dialog, first, headers, body));
    } else {
      const request = this.peer.request(first, second, headers, body);
      this.#sent.set(first, request);
      if (/^(INVITE|SUBSCRIBE)$/.test(first)) this.#making = request;
    }
  }

  #responds(status: number, method: string, step: Step, side: readonly Player[]): void {
    const request = this.got.get(method) ?? side.map(({ got }) => got.get(method)).find((each) => each !== undefined);
    if (!request) throw new Error(`there is no ${method} to answer`);
    const tagged = { To: `${request.header('To')};tag=${step.tag ?? ''}` };
    const headers = { ...(step.tag !== undefined && tagged), ...this.#headers(step) };
    this.peer.respond(request, status, headers, step.body === undefined ? '' : this.#bindings.filled(step.body));
    if (!/^(INVITE|SUBSCRIBE)$/.test(method) || request.header('To').includes(';tag=')) return;
    const dialog = calleeDialog(request, this.peer);
    this.#dialog ??= { ...dialog, local: step.tag === undefined ? dialog.local : tagged.To };
  }

  async #gets(step: Step): Promise<void> {
    const what = this.#bindings.filled(step.what);
    const kind = /^(\d{3} \S+|\S+)/.exec(what)?.[0] ?? '';
    const message = await Promise.race([this.peer.next(kind), setTimeout(patience, undefined, { ref: false })]);
    if (!message) {
      const came = this.peer.history.map(({ startLine }) => `  ${startLine}`).join('\n');
      throw new Error(`${step.who} does not get ${kind}; it got\n${came}`);
    }
    this.#took(message);
    const uri = what.slice(kind.length).trim();
    const given = message.startLine.split(' ')[1] ?? '';
    if (uri !== '' && !this.#bindings.match(uri, given)) throw new Error(`the Request-URI is ${given}, not ${uri}`);
    for (const name of new Set(step.headers.map(([each]) => each))) this.#compare(name, step, message);
    if (step.body !== undefined && !this.#bindings.match(step.body, message.body)) {
      throw new Error(`the body is\n${JSON.stringify(message.body)}, not\n${JSON.stringify(step.body)}`);
    }
  }

  #compare(name: string, step: Step, message: Message): void {
    const named = step.headers.flatMap(([each, value]) => (each === name && value !== '' ? [value] : []));
    const wholeLines = message.all(name);
    const isList = lists.has(name.toLowerCase());
    const wanted = isList ? named.flatMap(listOf) : named;
    const lines = isList ? wholeLines.flatMap(listOf) : wholeLines;
    const fits =
      lines.length === wanted.length && wanted.every((each, i) => this.#bindings.match(each, lines[i] ?? ''));
    if (!fits)
      throw new Error(`${name} is\n  ${lines.join('\n  ')}\nnot\n  ${wanted.join('\n  ')}\nin\n${message.raw}`);
  }

  #took(message: Message): void {
    this.got.set(kindOf(message), message);
    if (message.status === 0 || !this.#making || message.status <= 100 || message.status >= 300) return;
    if (message.header('Call-ID') !== this.#making.header('Call-ID') || message.method !== methodOf(this.#making))
      return;
    const routes = message.all('Record-Route').join(', ').split(', ').reverse().join(', ');
    const cseq = Math.max(this.#dialog?.cseq ?? 0, Number.parseInt(this.#making.header('CSeq')));
    this.#dialog = { ...callerDialog(this.#making, message), routes, cseq };
  }

  #invite(): Message {
    const invite = this.#sent.get('INVITE');
    if (!invite) throw new Error('it has sent no INVITE');
    return invite;
  }

  #final(): Message {
    const last = [...this.got.values()].findLast(({ status, method }) => status >= 200 && method === 'INVITE');
    if (!last) throw new Error('its INVITE has no final response');
    return last;
  }

  #headers({ headers }: Step): PeerHeaders {
    const named = new Map<string, string[]>();
    for (const [name, value] of headers) named.set(name, [...(named.get(name) ?? []), this.#bindings.filled(value)]);
    return Object.fromEntries(named);
  }
}

/** `INVITE`, `200 INVITE`. */
function kindOf({ status, method }: Message): string {
  return status === 0 ? method : `${status} ${method}`;
}

function methodOf(request: Message): string {
  return request.startLine.split(' ')[0] ?? '';
}

import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import fc from 'fast-check';
import { shareLimits, type ShareLimits } from '../../lib/shares/limits';
import { sdp } from '../unit/sip/fake-anchor';
import { calleeDialog, callerDialog, type Message, type PeerDialog, type SipPeer } from '../unit/sip/sip-peer';
import { TestEdge } from '../unit/sip/test-edge';
import { scriptOf, stepLength, type Action, type Beginning, type End, type Script, type Step } from './dialog-steps';
import type { FuzzRun, FuzzTarget } from './target';

/** A server that does not answer an OPTIONS within this is deaf, ms: a busy machine takes its time. */
const patience = 20_000;

const mostSteps = 12;

/** Sofia's longest timers run for 32 s: what a script has done to the server may end it that much later, ms. */
const aftermathMs = 40_000;

/** Scripts of that time that are told of where the server has ended. */
const mostRemembered = 500;

/**
 * One dialog between a UE behind the listener and the core, with steps of either end in any state of it. The server, the
 * one of DRACHTIO_BIN or else the embedded edge, has to serve others after each. The first byte says who begins.
 */
export const dialogs: FuzzTarget = {
  name: 'dialogs',
  batch: 20,
  isLate: true,
  kept: 512, // Each registers another user: names in tables for 50,000 of them.
  inputs: fc
    .tuple(
      fc.nat(255),
      fc.array(fc.uint8Array({ minLength: stepLength, maxLength: stepLength }), { maxLength: mostSteps }),
    )
    .map(([beginning, steps]) => Buffer.concat([Buffer.from([beginning]), ...steps])),
  start,
};

/** The peers of one script. */
interface Ends {
  edge: TestEdge;
  ue: SipPeer;
  stranger: SipPeer;
  /** Only asks whether the server lives. */
  witness: SipPeer;
  path: string;
}

function start(): Promise<FuzzRun> {
  const player = new DialogPlayer();
  return Promise.resolve({
    feed: (input) => player.play(scriptOf(input), `--input ${input.toString('base64')}`),
    aftermath: () => player.aftermath(),
    end: () => player.close(),
  });
}

/** Plays scripts through an edge, one after the other; after one that ended the server, through another edge. */
export class DialogPlayer {
  #edge: TestEdge | undefined;
  /** The latest scripts that this edge has played, the oldest first; `at` in ms. */
  #played: { name: string; at: number }[] = [];

  /** Returns what the one who began got in the end; throws where the server is dead, or deaf. */
  async play(script: Script, name = JSON.stringify(script)): Promise<string> {
    const edge = (this.#edge ??= await TestEdge.start({ fronted: true, shares: unlimited(), settings }));
    const now = performance.now();
    this.#played = [...this.#played.filter(({ at }) => now - at < aftermathMs), { name, at: now }];
    this.#played.splice(0, this.#played.length - mostRemembered);
    return await this.#orDie(edge, () => play(edge, script));
  }

  /** Resolves where the server outlives all that was played. */
  async aftermath(): Promise<void> {
    const edge = this.#edge;
    const last = this.#played.at(-1)?.at ?? 0;
    while (edge && performance.now() - last < aftermathMs) {
      await this.#orDie(edge, () => mustServeAnyone(edge));
      await pause(1000);
    }
  }

  async close(): Promise<void> {
    await this.#edge?.close();
    this.#edge = undefined;
  }

  async #orDie<T>(edge: TestEdge, task: () => Promise<T>): Promise<T> {
    try {
      return await task();
    } catch (cause) {
      // Of what failed because the server has ended, its end tells more.
      const { serverDeath } = edge;
      const what = serverDeath === undefined ? `It lives. ${String(cause)}` : `Its process has ended ${serverDeath}.`;
      await Promise.race([edge.close(), pause(patience)]);
      const now = performance.now();
      const played = this.#played.splice(0).map(({ name, at }) => `${((now - at) / 1000).toFixed(1)} s: ${name}`);
      this.#edge = undefined;
      throw new Error(`The SIP server: ${what} Played before, each with its age:\n${played.join('\n')}`, { cause });
    }
  }
}

/** As `app` has them: all goes by the listener and the relay. */
const settings = { relayAlways: true, keepsCallIds: true };

/** All that is played comes from one address. */
function unlimited(): ShareLimits {
  const most = Number.MAX_SAFE_INTEGER;
  const limits = shareLimits({ sourceRegistrations: most, strangerRequests: most });
  const any = { perSecond: most, burst: most };
  return { ...limits, messages: any, messagesOfSender: any, source: { ...limits.source, requests: any } };
}

async function play(edge: TestEdge, { beginning, steps }: Script): Promise<string> {
  // What is spoiled may end the UE's connection, and no stranger keeps one for long: each serves one dialog.
  const [ue, stranger, witness] = [await edge.stranger(), await edge.stranger(), await edge.stranger()];
  const ends = { edge, ue, stranger, witness, path: await within(register(edge, ue), 'A UE cannot register.') };
  const outcome = await playDialog(ends, beginning, steps);
  for (const peer of [ue, stranger, witness]) edge.part(peer);
  edge.forget();
  return outcome;
}

async function playDialog(ends: Ends, beginning: Beginning, steps: Step[]): Promise<string> {
  const { edge, ue, stranger, witness, path } = ends;
  const dialog = new FuzzedDialog({ ue, core: edge.coreNextHop, stranger }, beginning, path);
  await within(dialog.begin(), `A ${beginning.method} of the ${beginning.from} gets nowhere.`);
  for (const { who, action, isAwaited } of steps) {
    if (dialog.hasHungUp) break;
    dialog.act(who, action);
    if (isAwaited) await mustServe(witness, edge);
  }
  await mustServe(witness, edge);
  await edge.calls.endAll('shutdown');
  await mustServe(witness, edge);
  return dialog.outcome();
}

/** As another user each time: one may not register as often. Returns its Path. */
async function register({ coreNextHop: core }: TestEdge, ue: SipPeer): Promise<string> {
  const user = `<sip:${randomUUID()}@ims.example>`;
  ue.request('REGISTER', 'sip:ims.example', { From: `${user};tag=t`, To: user, Contact: `${ue.contact};expires=600` });
  const arrived = await core.next(({ method, header }) => method === 'REGISTER' && header('To') === user);
  core.respond(arrived, 200, { Contact: arrived.header('Contact') });
  await ue.next('200 REGISTER');
  return arrived.header('Path');
}

/** Throws where the server does not answer any more. */
async function mustServe(witness: SipPeer, { access }: TestEdge): Promise<void> {
  witness.request('OPTIONS', `sip:${access.address}:${access.port}`);
  await within(
    witness.next((message) => message.status >= 200),
    'It does not answer any more.',
  );
}

async function mustServeAnyone(edge: TestEdge): Promise<void> {
  const witness = await edge.stranger();
  await mustServe(witness, edge);
  edge.part(witness);
}

/** Both ends of one dialog, and what they know of it. */
class FuzzedDialog {
  readonly #ends: Record<End, SipPeer>;
  readonly #caller: End;
  readonly #method: string;
  readonly #spoiled: Record<string, string>;
  readonly #path: string;
  #sent: Message | undefined;
  #arrived: Message | undefined;
  hasHungUp = false;

  constructor(ends: Record<End, SipPeer>, { from, method, headers = {} }: Beginning, path: string) {
    this.#ends = ends;
    this.#caller = from;
    this.#method = method;
    this.#spoiled = headers;
    this.#path = path;
  }

  /** Resolves once it has arrived, or is answered; nobody answers what is spoiled so that it is dropped. */
  async begin(): Promise<void> {
    const caller = this.#ends[this.#caller];
    const headers: Record<string, string> = {
      ...(this.#method === 'SUBSCRIBE' && { Event: 'presence', Expires: '60' }),
      ...(this.#method === 'INVITE' && { Supported: '100rel' }),
      ...this.#spoiled,
      ...(this.#caller === 'core' && { Route: this.#path }),
    };
    const body = this.#method === 'INVITE' ? sdp('offer') : '';
    const to = this.#caller === 'core' ? uriIn(this.#ends.ue.contact) : 'sip:bob@ims.example';
    this.#sent = caller.request(this.#method, to, headers, body);
    const isAnswer = ({ status, method }: Message) => status >= 200 && method === this.#method;
    const hasArrived = this.#ends[this.#callee].next(this.#method).then((arrived) => (this.#arrived = arrived));
    const awaited: Promise<unknown>[] = [hasArrived, caller.next(isAnswer)];
    if (Object.keys(this.#spoiled).length > 0) awaited.push(pause(200));
    await Promise.race(awaited);
  }

  act(who: End, action: Action): void {
    const end = this.#ends[who];
    if (action.kind === 'hang up') {
      if (who !== 'ue') return;
      end.close();
      this.hasHungUp = true;
    } else if (action.kind === 'answer') this.#answer(who, action.status, action.headers);
    else if (action.kind === 'reply') this.#reply(who, action.status, action.headers);
    else if (action.kind === 'request') this.#request(who, action.method, action.headers);
    else if (who === this.#caller && this.#sent !== undefined) {
      const headers = action.headers ?? {};
      if (action.kind === 'cancel')
        end.cancel(this.#sent, { ...headers, ...(who === 'core' && { Route: this.#path }) });
      else if (this.#answered !== undefined) this.#ack(end, this.#sent, this.#answered, headers);
    }
  }

  /** What the caller got in the end. */
  outcome(): string {
    return `${this.#method} of the ${this.#caller}: ${this.#answered?.status ?? 'no answer'}`;
  }

  get #callee(): End {
    return this.#caller === 'ue' ? 'core' : 'ue';
  }

  /** The newest answer that the caller got. */
  get #answered(): Message | undefined {
    const callId = this.#sent?.header('Call-ID');
    return this.#ends[this.#caller].history.findLast(
      (message) => message.status > 100 && message.method === this.#method && message.header('Call-ID') === callId,
    );
  }

  #answer(who: End, status: number, headers: Record<string, string>): void {
    if (who !== this.#callee || this.#arrived === undefined) return;
    const hasSdp = this.#method === 'INVITE' && (status === 183 || status === 200);
    this.#ends[who].respond(this.#arrived, status, headers, hasSdp ? sdp('answer') : '');
  }

  #request(who: End, method: string, headers: Record<string, string>): void {
    const dialog = this.#dialogOf(who);
    if (dialog === undefined) return;
    const body = headers['Content-Type'] === 'application/sdp' ? sdp('again') : headers['Content-Type'] ? 'hello' : '';
    // What does not come by the relay is stopped by nothing: the core's network has to be fenced.
    const route = who === 'core' ? { Route: dialog.routes ?? '' } : {};
    this.#ends[who].inDialog(dialog, method, { ...headers, ...route }, body);
  }

  #reply(who: End, status: number, headers: Record<string, string>): void {
    const { history } = this.#ends[who];
    const isInside = ({ status, method, header }: Message) =>
      status === 0 && method !== 'ACK' && header('To').includes(';tag=');
    const latest = history.findLast(isInside);
    if (latest) this.#ends[who].respond(latest, status, headers);
  }

  #ack(end: SipPeer, invite: Message, answer: Message, headers: Record<string, string>): void {
    const route = answer.status >= 300 ? this.#path : routesOf(answer);
    // By the branch of the INVITE, too, before that is answered.
    const via = answer.status < 200 && answer.header('RSeq') === '' ? { Via: invite.header('Via') } : {};
    end.ack(invite, answer, '', { ...via, ...headers, ...(this.#caller === 'core' && { Route: route }) });
  }

  #dialogOf(who: End): PeerDialog | undefined {
    if (who === 'stranger') return this.#dialogOf('ue');
    if (who === this.#callee) return this.#arrived && calleeDialog(this.#arrived, this.#ends[who]);
    if (this.#sent === undefined) return undefined;
    // Before the first answer: with no tag of the other end.
    const dialog = callerDialog(this.#sent, this.#answered ?? this.#sent);
    const routes = this.#answered === undefined ? this.#path : routesOf(this.#answered);
    return { ...dialog, ...(who === 'core' && { routes }) };
  }
}

/** Of the caller (RFC 3261 §12.1.2). */
function routesOf(answer: Message): string {
  return answer.all('Record-Route').join(', ').split(', ').reverse().join(', ');
}

function uriIn(contact: string): string {
  return /<([^>]+)>/.exec(contact)?.[1] ?? contact;
}

async function within<T>(awaited: Promise<T>, broken: string): Promise<T> {
  const late = new AbortController();
  const timeout = pause(patience, undefined, { signal: late.signal }).then(
    () => {
      throw new Error(broken);
    },
    () => new Promise<never>(() => undefined),
  );
  try {
    return await Promise.race([awaited, timeout]);
  } finally {
    late.abort();
  }
}

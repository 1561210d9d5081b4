import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import fc from 'fast-check';
import { shareLimits, type ShareLimits } from '../../lib/shares/limits';
import { sdp } from '../unit/sip/fake-anchor';
import { calleeDialog, callerDialog, type Message, type PeerDialog, type SipPeer } from '../unit/sip/sip-peer';
import { TestEdge } from '../unit/sip/test-edge';
import { scriptOf, stepLength, type Action, type Beginning, type End, type Script } from './dialog-steps';
import type { FuzzRun, FuzzTarget } from './target';

/** A server that does not answer an OPTIONS within this is dead, ms. */
const patience = 5000;

const mostSteps = 12;

/**
 * One dialog between a UE behind the listener and the core, with steps of either end in any state of it. The server, the
 * one of DRACHTIO_BIN or else the embedded edge, has to serve others after each. The first byte says who begins.
 */
export const dialogs: FuzzTarget = {
  name: 'dialogs',
  batch: 20,
  inputs: fc
    .tuple(
      fc.nat(255),
      fc.array(fc.uint8Array({ minLength: stepLength, maxLength: stepLength }), { maxLength: mostSteps }),
    )
    .map(([beginning, steps]) => Buffer.concat([Buffer.from([beginning]), ...steps])),
  start,
};

interface Ends {
  edge: TestEdge;
  /** Only asks whether the server lives. */
  witness: SipPeer;
  ue: SipPeer | undefined;
  path: string;
}

function start(): Promise<FuzzRun> {
  const player = new DialogPlayer();
  return Promise.resolve({ feed: (input) => player.play(scriptOf(input)), end: () => player.close() });
}

/** Plays scripts through an edge, one after the other; after one that ended the server, through another edge. */
export class DialogPlayer {
  #ends: Ends | undefined;

  /** Returns what the one who began got in the end; throws where the server is dead. */
  async play(script: Script): Promise<string> {
    const ends = (this.#ends ??= await open());
    try {
      return await play(ends, script);
    } catch (cause) {
      await Promise.race([ends.edge.close(), pause(patience)]);
      this.#ends = undefined;
      const last = ends.ue?.history.at(-1)?.startLine ?? 'nothing';
      throw new Error(`${String(cause)} The UE got ${last}. The script: ${JSON.stringify(script)}`, { cause });
    }
  }

  async close(): Promise<void> {
    await this.#ends?.edge.close();
    this.#ends = undefined;
  }
}

/** All that is played comes from one address. */
function unlimited(): ShareLimits {
  const most = Number.MAX_SAFE_INTEGER;
  const limits = shareLimits({ sourceRegistrations: most, strangerRequests: most });
  const any = { perSecond: most, burst: most };
  return { ...limits, messages: any, messagesOfSender: any, source: { ...limits.source, requests: any } };
}

async function open(): Promise<Ends> {
  const edge = await TestEdge.start({ fronted: true, shares: unlimited() });
  return { edge, witness: await edge.stranger(), ue: undefined, path: '' };
}

async function play(ends: Ends, { beginning, steps }: Script): Promise<string> {
  const { edge, witness } = ends;
  const core = edge.coreNextHop;
  if (ends.ue === undefined) {
    ends.ue = await edge.stranger();
    ends.path = await within(register(edge, ends.ue), 'A UE cannot register.');
  }
  const dialog = new FuzzedDialog(ends.ue, core, beginning, ends.path);
  await within(dialog.begin(), `A ${beginning.method} of the ${beginning.from} does not arrive.`);
  for (const { who, action, isAwaited } of steps) {
    if (dialog.hasHungUp) break;
    dialog.act(who, action);
    if (isAwaited) await mustServe(witness, edge);
  }
  await mustServe(witness, edge);
  await edge.calls.endAll('shutdown');
  await mustServe(witness, edge);
  const outcome = dialog.outcome();
  // What is spoiled may have ended the UE's connection; a UE serves one dialog.
  ends.ue.close();
  for (const { history } of [ends.ue, core, witness]) history.length = 0;
  edge.log.length = 0;
  ends.ue = undefined;
  core.forget();
  return outcome;
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
    'The SIP server does not answer any more.',
  );
}

/** Both ends of one dialog, and what they know of it. */
class FuzzedDialog {
  readonly #ends: Record<End, SipPeer>;
  readonly #caller: End;
  readonly #method: string;
  readonly #path: string;
  #sent: Message | undefined;
  #arrived: Message | undefined;
  hasHungUp = false;

  constructor(ue: SipPeer, core: SipPeer, { from, method }: Beginning, path: string) {
    this.#ends = { ue, core };
    this.#caller = from;
    this.#method = method;
    this.#path = path;
  }

  async begin(): Promise<void> {
    const caller = this.#ends[this.#caller];
    const headers: Record<string, string> = {
      ...(this.#method === 'SUBSCRIBE' && { Event: 'presence', Expires: '60' }),
      // A caller in the core that asks for reliable responses and sends no PRACK ends drachtio-server after 32 s.
      ...(this.#method === 'INVITE' && this.#caller === 'ue' && { Supported: '100rel' }),
      ...(this.#caller === 'core' && { Route: this.#path }),
    };
    const body = this.#method === 'INVITE' ? sdp('offer') : '';
    const to = this.#caller === 'core' ? uriIn(this.#ends.ue.contact) : 'sip:bob@ims.example';
    this.#sent = caller.request(this.#method, to, headers, body);
    this.#arrived = await this.#ends[this.#callee].next(this.#method);
  }

  act(who: End, action: Action): void {
    const end = this.#ends[who];
    if (action.kind === 'hang up') {
      if (who === 'core') return;
      end.close();
      this.hasHungUp = true;
    } else if (action.kind === 'answer') this.#answer(who, action.status, action.headers);
    else if (action.kind === 'request') this.#request(who, action.method, action.headers);
    else if (who === this.#caller && this.#sent !== undefined) {
      if (action.kind === 'cancel') end.cancel(this.#sent);
      else if (this.#answered !== undefined && (who === 'ue' || this.#answered.status >= 200))
        end.ack(this.#sent, this.#answered);
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
    if (dialog === undefined || (who === 'core' && method === 'ACK')) return;
    const body = headers['Content-Type'] === 'application/sdp' ? sdp('again') : headers['Content-Type'] ? 'hello' : '';
    this.#ends[who].inDialog(dialog, method, headers, body);
  }

  #dialogOf(who: End): PeerDialog | undefined {
    if (who === this.#callee) return this.#arrived && calleeDialog(this.#arrived, this.#ends[who]);
    return this.#sent && this.#answered && callerDialog(this.#sent, this.#answered);
  }
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

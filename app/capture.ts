import { blanked } from '../lib/calls/blanked';
import type { CallFacts } from '../lib/calls/call';
import type { CallObserver } from '../lib/calls/call-table';
import type { LadderEvent } from '../lib/calls/ladder';
import { Newest } from '../lib/newest';
import { CaptureSender } from '../lib/ops/capture-sender';
import { wallClock } from '../lib/ops/clock';
import { hepPacket, type CaptureAgent, type Captured } from '../lib/ops/hep';
import type { SeenSip, SipTap } from '../lib/wire/sip-tap';
import type { Config } from './config';

/** Call-IDs of the second leg of a call, whose first is known. */
const mostLegs = 20_000;

/** What the relay puts before the SIP server's Call-IDs toward the core. */
const ofRelay = /^e80-/;

/** What HEP_SERVER is sent of SIP and of calls. */
export class Capture implements CallObserver {
  readonly #sender: CaptureSender;
  readonly #agent: CaptureAgent;
  readonly #edge: string;
  /** Call-ID of the call, by that of its second leg. */
  readonly #legs = new Newest<string, string>(mostLegs);

  constructor(to: { address: string; port: number }, agent: CaptureAgent, edge: string) {
    this.#sender = new CaptureSender(to);
    this.#agent = agent;
    this.#edge = edge;
  }

  /** Undefined where HEP_SERVER is not set. */
  static of({ HEP_SERVER, HEP_ID, HEP_PASSWORD, GATEWAY_ADDRESS }: Config): Capture | undefined {
    const [edge = '127.0.0.1'] = GATEWAY_ADDRESS;
    return HEP_SERVER && new Capture(HEP_SERVER, { id: HEP_ID, password: HEP_PASSWORD }, edge);
  }

  get counts(): CaptureSender['counts'] {
    return this.#sender.counts;
  }

  readonly saw: SipTap = ({ way, transport, far, near, text }: SeenSip): void => {
    const [from, to] = way === 'received' ? [far, near] : [near, far];
    const own = callIdOf(text);
    const payload = Buffer.from(blanked(text), 'latin1');
    this.#send({ at: wallClock(), from, to, transport, kind: 'sip', payload, correlation: this.#legs.get(own) ?? own });
  };

  message({ sipCallId }: CallFacts, text: string): void {
    const own = callIdOf(text);
    if (own !== sipCallId) this.#legs.set(own, sipCallId);
  }

  step({ id, sipCallId, ueAddress }: CallFacts, { at, from, to, what }: LadderEvent): void {
    const place = (name: LadderEvent['from']) => ({ address: name === 'ue' ? ueAddress : this.#edge, port: 0 });
    const payload = Buffer.from(JSON.stringify({ call: id, callId: sipCallId, from, to, what }));
    const ends = { from: place(from), to: place(to) };
    this.#send({ at, ...ends, transport: 'udp', kind: 'log', payload, correlation: sipCallId });
  }

  close(): void {
    this.#sender.close();
  }

  #send(seen: Captured): void {
    this.#sender.send(hepPacket(seen, this.#agent));
  }
}

function callIdOf(text: string): string {
  return (/^(?:call-id|i)[ \t]*:[ \t]*(\S+)/im.exec(text)?.[1] ?? '').replace(ofRelay, '');
}

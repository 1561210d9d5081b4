import type { Call } from '../calls/call';
import { flowKey, type Flow } from './flow-token';
import type { Registrar } from './registrar';

/**
 * The calls of each UE: they end with its flow (TS 24.229 §5.2.8), and a flow on which a call cannot be delivered is a
 * flow lost.
 */
export class CallsOnFlow {
  readonly #registrar: Registrar;
  readonly #calls = new Map<string, Set<Call>>();

  constructor(registrar: Registrar) {
    this.#registrar = registrar;
    registrar.on('flow-ended', (flow) => this.#release(flow));
  }

  /** Whether a call of the UE is under way. */
  has(flow: Flow): boolean {
    return this.#calls.has(flowKey(flow));
  }

  keep(flow: Flow, call: Call): void {
    const key = flowKey(flow);
    const calls = this.#calls.get(key) ?? new Set<Call>();
    this.#calls.set(key, calls.add(call));
    call.onEnd((cause) => {
      calls.delete(call);
      if (calls.size === 0) this.#calls.delete(key);
      if (cause === 'flow-failed') void this.#registrar.lose(flow);
    });
  }

  #release(flow: Flow): void {
    for (const call of [...(this.#calls.get(flowKey(flow)) ?? [])]) call.end('flow-lost');
  }
}

import type { Call } from '../calls/call';
import { Groups } from '../groups';
import { flowKey, type Flow } from './flow-token';
import type { Registrar } from './registrar';

/**
 * The calls of each UE: they end with its flow (TS 24.229 §5.2.8), and a flow on which a call cannot be delivered is a
 * flow lost.
 */
export class CallsOnFlow {
  readonly #registrar: Registrar;
  readonly #calls = new Groups<string, Call>();

  constructor(registrar: Registrar) {
    this.#registrar = registrar;
    registrar.on('flow-ended', (flow) => {
      for (const call of this.#calls.of(flowKey(flow))) call.end('flow-lost');
    });
  }

  /** Whether a call of the UE is under way. */
  has(flow: Flow): boolean {
    return this.#calls.has(flowKey(flow));
  }

  keep(flow: Flow, call: Call): void {
    this.#calls.add(flowKey(flow), call);
    call.onEnd((cause) => {
      this.#calls.delete(flowKey(flow), call);
      if (cause === 'flow-failed') void this.#registrar.lose(flow);
    });
  }
}

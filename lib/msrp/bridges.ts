import type { Logger } from '../ops/logger';
import { Tally } from '../ops/tally';
import { MsrpBridge, type BridgeEnd, type BridgeSurroundings, type SideName } from './bridge';
import { defaultMsrpLimits, type MsrpLimits } from './limits';
import { PortPool } from './port-pool';

export interface MsrpBridgesOptions {
  sides: Readonly<Record<SideName, BridgesSide>>;
  logger: Logger;
  limits?: Partial<MsrpLimits>;
}

export interface BridgesSide {
  /** Ours, to bind to: one for each family that we have there. */
  addresses: readonly string[];
  /** To listen on there; `last` included. */
  ports: { first: number; last: number };
}

/** The state of all bridges as plain numbers. */
export interface MsrpCounters {
  open: number;
  joined: number;
  /** Ports that are listened on, by side. */
  listening: Record<SideName, number>;
  /** Bytes received, by side. */
  bytes: Record<SideName, number>;
  ends: Readonly<Partial<Record<BridgeEnd, number>>>;
  /** Connections turned away: from elsewhere than expected, or too many at once. */
  strangers: number;
  /** Messages whose To-Path was not the path shown. */
  strays: number;
}

/** All bridges of a process: what they share, and what they count. */
export class MsrpBridges {
  readonly #logger: Logger;
  readonly #around: BridgeSurroundings;
  readonly #bridges = new Set<MsrpBridge>();
  readonly #ends = new Tally<BridgeEnd>();
  #strangers = 0;
  #strays = 0;

  constructor(options: MsrpBridgesOptions) {
    this.#logger = options.logger;
    this.#around = {
      sides: { access: ownSide(options.sides.access), core: ownSide(options.sides.core) },
      limits: { ...defaultMsrpLimits, ...options.limits },
      bytes: { access: 0, core: 0 },
      strangers: () => (this.#strangers += 1),
      strays: (count) => (this.#strays += count),
    };
  }

  open(): MsrpBridge {
    const bridge = new MsrpBridge(this.#around);
    this.#bridges.add(bridge);
    bridge.once('ended', (reason) => {
      this.#bridges.delete(bridge);
      this.#ends.add(reason);
      this.#logger.debug({ reason }, 'MSRP bridge ended');
    });
    return bridge;
  }

  counters(): MsrpCounters {
    const { sides, bytes } = this.#around;
    return {
      open: this.#bridges.size,
      joined: [...this.#bridges].filter(({ isJoined }) => isJoined).length,
      listening: { access: sides.access.ports.taken, core: sides.core.ports.taken },
      bytes: { ...bytes },
      ends: this.#ends.counts(),
      strangers: this.#strangers,
      strays: this.#strays,
    };
  }

  /** Ends all bridges; may be called twice. */
  close(): void {
    for (const bridge of [...this.#bridges]) bridge.close();
  }
}

function ownSide({ addresses, ports }: BridgesSide): BridgeSurroundings['sides'][SideName] {
  return { addresses, ports: new PortPool(ports) };
}

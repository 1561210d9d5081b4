import { isIP } from 'node:net';
import { addressKind, firstUnprivilegedPort, type AddressKind, type OwnAddresses } from '../address-kind';
import { hostPort } from '../wire/sip-uri';
import type { Destination, NextHop } from '../wire/link';

/** Why nothing is sent to a next hop. */
export type HopFault = AddressKind | 'low-port' | 'control-port';

export interface CoreHopsOptions {
  own: () => OwnAddresses;
  /** Those that the settings name. */
  named: readonly NextHop[];
  /** Ports by which rtpengine or the SIP server are commanded, on any host. */
  controlPorts: ReadonlySet<number>;
  /** Ports of this machine that are not for the core, whatever the settings name. */
  privatePorts: ReadonlySet<number>;
}

const defaultPort = 5060;

/**
 * Where the relay sends to (N1). Inside a dialog that is what the far end's Contact and Record-Route say, which the core's
 * proxies pass on unread. A far end could name a service of this machine, and have a UE's requests sent there: many
 * services skip lines that they do not know, and obey those of a body.
 */
export class CoreHops {
  readonly #options: CoreHopsOptions;
  readonly #named: ReadonlySet<string>;

  constructor(options: CoreHopsOptions) {
    this.#options = options;
    this.#named = new Set(options.named.map(keyOf));
  }

  /** @param at where the hop was found. Undefined: it may be sent to. */
  fault(hop: NextHop, at: Destination): HopFault | undefined {
    const { own, controlPorts, privatePorts } = this.#options;
    if (this.#named.has(keyOf(hop))) return undefined;
    const here = own();
    const kind = addressKind(at.address, here);
    if (kind !== undefined && !(isHere(kind) && this.#isTrial(here))) return kind;
    if (controlPorts.has(at.port) || (isHere(kind) && privatePorts.has(at.port))) return 'control-port';
    return at.port < firstUnprivilegedPort ? 'low-port' : undefined;
  }

  /** The operator has the core on this very host. */
  #isTrial(here: OwnAddresses): boolean {
    return this.#options.named.some(({ host }) => isIP(host) !== 0 && isHere(addressKind(host, here)));
  }
}

function isHere(kind: AddressKind | undefined): boolean {
  return kind === 'loopback' || kind === 'own-address';
}

function keyOf({ host, port = defaultPort }: NextHop): string {
  return hostPort(host.toLowerCase(), port);
}

import {
  addressKind,
  firstUnprivilegedPort,
  isOnThisMachine,
  type AddressKind,
  type OwnAddresses,
} from './address-kind';
import { addressBytes } from './ip-address';
import { isWithin, parsePrefix, type IpPrefix } from './ip-prefix';

/** Why media is not sent to a place. */
export type Misplaced =
  AddressKind | 'no-port' | 'low-port' | 'sip-port' | 'control-port' | 'not-core-media' | 'other-family';

/** `last` included. */
interface PortRange {
  first: number;
  last: number;
}

/** A network of the core's media. */
export interface MediaNetwork extends IpPrefix {
  /** Undefined: all that media may have. */
  ports: PortRange | undefined;
}

/** Where somebody's SDP would have media sent to. */
export interface MediaPlace {
  address: string;
  port: number;
  transport: 'udp' | 'tcp';
}

export interface MediaPlacesOptions {
  /** Where the media of the core is; none: anywhere. */
  coreMedia: readonly MediaNetwork[];
  own: () => OwnAddresses;
  /** Ports that are not for media on any host. */
  closedPorts: ReadonlyMap<number, 'sip-port' | 'control-port'>;
  /** Ports of this machine that are not for media, whatever networks there are. */
  privatePorts: ReadonlySet<number>;
}

/**
 * Whether media may be sent to a place that somebody's SDP names (N1). It could be a service of this machine, which
 * trusts what is sent from here, or of the core's network, which UEs are not to reach; and what a UE sends as media may
 * be made to be read as something else there.
 */
export class MediaPlaces {
  readonly #options: MediaPlacesOptions;

  constructor(options: MediaPlacesOptions) {
    this.#options = options;
  }

  /**
   * Why media of a UE does not go there, to the core; undefined: it may.
   * @param toldTo whom a call under way has told that our media is there. Two UEs of one edge reach each other over what
   * the core was told. What the UE of a call sends to is none of the far end: media from there would be taken for that of
   * a UE, and go to the core again, in a circle, by the SDPs of one call, or of several.
   */
  misplacedInCore(place: MediaPlace, toldTo?: 'access' | 'core'): Misplaced | undefined {
    const { coreMedia } = this.#options;
    if (toldTo === 'access') return 'own-address';
    const { misplaced, isHere } = this.#judge(place, toldTo === 'core');
    if (misplaced !== undefined || isHere || coreMedia.length === 0) return misplaced;
    return coreMedia.some((network) => isIn(network, place)) ? undefined : 'not-core-media';
  }

  /** Why media does not go there, to a UE; undefined: it may. */
  misplacedAtUe(place: MediaPlace): Misplaced | undefined {
    return this.#judge(place, false).misplaced;
  }

  /** `isHere`: it is on this machine. */
  #judge(place: MediaPlace, isOwnMedia: boolean): { misplaced: Misplaced | undefined; isHere: boolean } {
    const { own, closedPorts, privatePorts } = this.#options;
    const { address, port } = place;
    const here = own();
    const addressed = addressKind(address, here);
    const isHere = addressed === 'loopback' || addressed === 'own-address';
    const isTrial = this.#isTrial(place, here);
    const isOurs = isOwnMedia && addressed === 'own-address';
    if (addressed !== undefined && !isTrial && !isOurs) return { misplaced: addressed, isHere };
    if (isHere && privatePorts.has(port)) return { misplaced: 'control-port', isHere };
    return { misplaced: misplacedPort(port) ?? closedPorts.get(port), isHere };
  }

  /** The operator named it as the core's, and nothing but this machine with it: all is on one host, for a trial. */
  #isTrial(place: MediaPlace, here: OwnAddresses): boolean {
    const isHere = (network: MediaNetwork) => isOnThisMachine(network, here);
    return this.#options.coreMedia.some((network) => isIn(network, place) && isHere(network));
  }
}

/** `203.0.113.0/24`, `203.0.113.0/24:16384-32767`, `2001:db8::/32:16384-32767`; undefined for what is none. */
export function parseMediaNetwork(text: string): MediaNetwork | undefined {
  const [, network = '', first, last] = /^([^/]+\/\d+|[^:]+)(?::(\d{1,5})-(\d{1,5}))?$/.exec(text) ?? [];
  const prefix = parsePrefix(network === '' ? text : network);
  if (prefix === undefined || first === undefined) return prefix && { ...prefix, ports: undefined };
  const ports = { first: Number(first), last: Number(last) };
  return ports.first >= 1 && ports.first <= ports.last && ports.last <= 65535 ? { ...prefix, ports } : undefined;
}

function isIn(network: MediaNetwork, { address, port }: MediaPlace): boolean {
  const bytes = addressBytes(address);
  const { ports = { first: 1, last: 65535 } } = network;
  return bytes !== undefined && isWithin(bytes, network) && port >= ports.first && port <= ports.last;
}

function misplacedPort(port: number): Misplaced | undefined {
  if (!Number.isInteger(port) || port < 1 || port > 65535) return 'no-port';
  return port < firstUnprivilegedPort ? 'low-port' : undefined;
}

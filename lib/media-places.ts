import { addressBytes, addressText, normalAddress } from './ip-address';
import { isWithin, parsePrefix, type IpPrefix } from './ip-prefix';

/** Why media is not sent to a place. */
export type Misplaced =
  | 'not-an-address'
  | 'unspecified'
  | 'loopback'
  | 'link-local'
  | 'multicast'
  | 'broadcast'
  | 'reserved'
  | 'no-port'
  | 'low-port'
  | 'sip-port'
  | 'control-port'
  | 'own-address'
  | 'not-core-media';

/** `last` included. */
export interface PortRange {
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

/** What this machine has, in the spelling of `normalAddress`. */
export interface OwnAddresses {
  addresses: ReadonlySet<string>;
  /** Of the networks that it is in. */
  broadcasts: ReadonlySet<string>;
}

export interface MediaPlacesOptions {
  /** Where the media of the core is; none: anywhere. */
  coreMedia: readonly MediaNetwork[];
  own: () => OwnAddresses;
  /** Ports of this machine for media, by which two UEs of one edge reach each other: over the core's side. */
  ownPorts: Readonly<Record<MediaPlace['transport'], PortRange>>;
  /** Ports that are not for media on any host. */
  closedPorts: ReadonlyMap<number, 'sip-port' | 'control-port'>;
  /** Addresses of this machine, in the spelling of `normalAddress`, that are for UEs and not for the core. */
  accessOnly: ReadonlySet<string>;
  /** Ports of this machine that are not for media, whatever networks there are. */
  privatePorts: ReadonlySet<number>;
}

/** Ports below are those of services (RFC 6335 §6), never of media. */
const firstMediaPort = 1024;

const table = <T>(rows: readonly (readonly [string, T])[]) =>
  rows.flatMap(([text, value]) => {
    const prefix = parsePrefix(text);
    return prefix === undefined ? [] : [{ prefix, value }];
  });

/** What is no single host elsewhere, by RFC 6890; the first that fits. */
const kinds = table<Misplaced>([
  ['0.0.0.0/8', 'unspecified'],
  ['127.0.0.0/8', 'loopback'],
  ['169.254.0.0/16', 'link-local'],
  ['224.0.0.0/4', 'multicast'],
  ['255.255.255.255', 'broadcast'],
  ['240.0.0.0/4', 'reserved'],
  ['::', 'unspecified'],
  ['::1', 'loopback'],
  ['fe80::/10', 'link-local'],
  ['ff00::/8', 'multicast'],
]);

/** Where an IPv6 address has an IPv4 address in it, by the indexes of its bytes; a gateway on the way sends there. */
const embeddings = table<readonly number[]>([
  // IPv4-compatible (RFC 4291 §2.5.5.1), and translated (RFC 2765 §2.1).
  ['::/96', [12, 13, 14, 15]],
  ['::ffff:0:0:0/96', [12, 13, 14, 15]],
  // NAT64 (RFC 6052 §2.1).
  ['64:ff9b::/96', [12, 13, 14, 15]],
  // 6to4 (RFC 3056 §2), and the server of Teredo (RFC 4380 §4).
  ['2002::/16', [2, 3, 4, 5]],
  ['2001::/32', [4, 5, 6, 7]],
]);
/** NAT64 of one's own network (RFC 8215): the prefixes in it may have 48 or 96 bits (RFC 6052 §2.2). */
const localNat64 = table([
  ['64:ff9b:1::/48', [6, 7, 9, 10]],
  ['64:ff9b:1::/48', [12, 13, 14, 15]],
]);
const teredo = table([['2001::/32', undefined]]);
const loopbacks = kinds.filter(({ value }) => value === 'loopback').map(({ prefix }) => prefix);

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

  /** Why media of a UE does not go there, to the core; undefined: it may. */
  misplacedInCore(place: MediaPlace): Misplaced | undefined {
    const { coreMedia } = this.#options;
    const { misplaced, isHere } = this.#judge(place, this.#isOwnMedia(place));
    if (misplaced !== undefined || isHere || coreMedia.length === 0) return misplaced;
    return coreMedia.some((network) => isIn(network, place)) ? undefined : 'not-core-media';
  }

  /** Why media does not go there, to a UE; undefined: it may. */
  misplacedAtUe(place: MediaPlace): Misplaced | undefined {
    return this.#judge(place, false).misplaced;
  }

  /**
   * On the ports of the access side media would be taken for that of a UE, and go to the core again: in a circle, by
   * the SDPs of one call, or of several.
   */
  #isOwnMedia({ address, port, transport }: MediaPlace): boolean {
    const { own, ownPorts, accessOnly } = this.#options;
    const { first, last } = ownPorts[transport];
    const plain = normalAddress(address);
    return own().addresses.has(plain) && !accessOnly.has(plain) && port >= first && port <= last;
  }

  /** `isHere`: it is on this machine. */
  #judge(place: MediaPlace, isOwnMedia: boolean): { misplaced: Misplaced | undefined; isHere: boolean } {
    const { own, closedPorts, privatePorts } = this.#options;
    const { address, port } = place;
    const here = own();
    const addressed = misplacedAddress(address, here);
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

/** Whether a network is loopback, or one address of this machine: the word of the operator that the core is there. */
export function isOnThisMachine({ bytes, length }: IpPrefix, { addresses }: OwnAddresses): boolean {
  if (loopbacks.some((loopback) => length >= loopback.length && isWithin(bytes, loopback))) return true;
  return length === 8 * bytes.length && addresses.has(addressText(bytes));
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
  return port < firstMediaPort ? 'low-port' : undefined;
}

function misplacedAddress(text: string, { addresses, broadcasts }: OwnAddresses): Misplaced | undefined {
  const bytes = addressBytes(text);
  if (bytes === undefined) return 'not-an-address';
  const meant = [bytes, ...embedded(bytes)];
  for (const each of meant) {
    if (broadcasts.has(addressText(each))) return 'broadcast';
    const kind = kinds.find(({ prefix }) => isWithin(each, prefix))?.value;
    if (kind !== undefined) return kind;
  }
  return meant.some((each) => addresses.has(addressText(each))) ? 'own-address' : undefined;
}

/** The IPv4 addresses that an IPv6 address may be another spelling of. */
function embedded(bytes: Uint8Array): Uint8Array[] {
  const readBy = (rows: typeof embeddings) =>
    rows
      .filter(({ prefix }) => isWithin(bytes, prefix))
      .map(({ value }) => Uint8Array.from(value, (at) => bytes[at] ?? 0));
  // What is all zeros by one length of the prefix has its address by the other.
  const found = [...readBy(embeddings), ...readBy(localNat64).filter(([first]) => first !== 0)];
  // Of the client of Teredo all bits are turned (RFC 4380 §4).
  if (teredo.some(({ prefix }) => isWithin(bytes, prefix))) found.push(bytes.slice(12).map((byte) => byte ^ 0xff));
  return found;
}

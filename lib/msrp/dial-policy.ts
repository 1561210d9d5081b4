import type { TransportAddress } from '../ice/transport-address';
import { addressBytes, addressText, normalAddress } from '../ip-address';

/** What holds for the places that the peers of one side name. */
export interface DialPolicy {
  /** Addresses of this machine: of their ports only these are for peers (two UEs of one edge). */
  own: readonly string[];
  ports: { first: number; last: number };
  /** Its peers are on this machine themselves: any port of it may be meant. */
  isLocal: boolean;
}

/**
 * Whether we connect to a place because a peer's SDP names it. It could name what listens here for us alone (the control
 * ports of rtpengine and SIP server), or no host at all. A name is none either: nothing is looked up.
 */
export function mayDial({ address, port }: TransportAddress, { own, ports, isLocal }: DialPolicy): boolean {
  const bytes = addressBytes(address);
  if (bytes === undefined || !isHost(bytes) || port < 1 || port > 65535) return false;
  if (isLocal) return true;
  if (isLoopback(address)) return false;
  return !own.includes(addressText(bytes)) || (port >= ports.first && port <= ports.last);
}

/** 127/8 and ::1; false for what is no address. */
export function isLoopback(address: string): boolean {
  return /^127\.|^::1$/.test(normalAddress(address));
}

/** Not unspecified, link-local, multicast or broadcast. */
function isHost(bytes: Uint8Array): boolean {
  const [first = 0, second = 0] = bytes;
  if (bytes.length === 4) return first !== 0 && first < 224 && !(first === 169 && second === 254);
  return first !== 0xff && !(first === 0xfe && (second & 0xc0) === 0x80) && addressText(bytes) !== '::';
}

import { withoutLineIce } from './ice-attributes';
import type { MediaSection } from './sdp-part';

/** Who opens the connection on one side, and sends the first request (RFC 6135 §4.2); `holdconn` counts as absent. */
export type MsrpSetup = 'active' | 'passive' | 'actpass';

/** What an m= line for MSRP says, beside its address and ICE. */
export interface MsrpLine {
  /** TCP/TLS/MSRP: what passes is not for us to read. */
  isTls: boolean;
  setup: MsrpSetup | undefined;
  /** The peer goes by c= and m=, and its path is to be left alone (RFC 6714 §6.2). */
  hasCema: boolean;
  /** The URIs of a=path, the nearest first (RFC 4975 §8.2); empty if there is none, or it is too long or not in ASCII. */
  path: readonly string[];
}

/** Where a line shall lead instead. */
export interface MsrpPlace {
  address: string;
  port: number;
  setup: MsrpSetup;
  /** In place of a=path, for a peer that goes by it; undefined: the path is left as it is. */
  path: string | undefined;
}

/** Bytes of a path. It is written into each message, of which many may come in one go: a long one would cost much memory. */
const longestPath = 1024;

/** TCP/MSRP and TCP/TLS/MSRP (RFC 4975 §8.1). */
export function isMsrp(transport: string): boolean {
  return /^TCP\/(TLS\/)?MSRP$/i.test(transport);
}

export function readMsrpLine(section: MediaSection): MsrpLine {
  const setup = section.value('setup')?.toLowerCase();
  const path = section.value('path') ?? '';
  return {
    isTls: /\/TLS\//i.test(section.transport),
    setup: setup === 'active' || setup === 'passive' || setup === 'actpass' ? setup : undefined,
    hasCema: section.has('msrp-cema'),
    path: path.length <= longestPath && /^[\x20-\x7e]+$/.test(path) ? path.split(/ +/) : [],
  };
}

/**
 * The section with another place to connect to, without the ICE of its sender; what it accepts and all else is
 * untouched (H1). a=connection is not for MSRP (RFC 6135 §4.4). CEMA is not claimed in the name of a peer whose path is
 * replaced (RFC 6714 §6.2).
 */
export function withMsrpPlace(section: MediaSection, { address, port, setup, path }: MsrpPlace): MediaSection {
  const own = ['setup', 'connection', 'rtcp', 'rtcp-mux', ...(path === undefined ? [] : ['path', 'msrp-cema'])];
  return withoutLineIce(section)
    .with({ port })
    .without(own)
    .at(address)
    .and([...(path === undefined ? [] : [`a=path:${path}`]), `a=setup:${setup}`]);
}

import { isIP } from 'node:net';
import type { TransportAddress } from '../ice/transport-address';
import type { BridgeRewriting } from '../msrp/bridge';
import type { PathRewriting } from '../msrp/path-rewriter';
import { msrpUriAt, parseMsrpUri } from '../msrp/msrp-uri';
import { discardPort } from '../sdp/discard-place';
import type { MsrpLine } from '../sdp/msrp-line';
import type { MediaView } from '../sdp/session-view';
import { otherSide, type Side } from './media-anchor';

/** What a side said of a line for MSRP. */
export interface Said extends MsrpLine, Pick<MediaView, 'address' | 'port' | 'hasIce' | 'ufrag'> {}

/** Whether what a side says later means the connection that there is, and no new one. */
export function isSameSession(before: Said, now: Said): boolean {
  if (before.hasIce !== now.hasIce || before.path.join(' ') !== now.path.join(' ')) return false;
  if (now.hasIce) return before.ufrag === now.ufrag;
  // Who said that it connects has named no place, and may name one later.
  const hasPlaces = [before, now].every(({ port }) => port !== discardPort);
  return !hasPlaces || (before.port === now.port && before.address === now.address);
}

/** The URI that stands for the peer's path toward the far end, at a place of ours; undefined where the path is left. */
export function shownPath({ hasCema, isTls, path: [first] }: Said, place: TransportAddress): string | undefined {
  return hasCema || isTls || first === undefined ? undefined : msrpUriAt(first, place);
}

/**
 * How paths in what both sides send are rewritten (H9); nothing where both go by c= and m= (H8).
 * @param shown the URI that stands for the other's path, by the side that was shown it
 */
export function rewritingOf(
  said: Partial<Record<Side, Said>>,
  shown: Partial<Record<Side, string | undefined>>,
): BridgeRewriting {
  const { access, core } = said;
  if (access === undefined || core === undefined) return {};
  if (shown.access === undefined && shown.core === undefined) return {};
  const of = (side: Side, own: Said, far: Said): PathRewriting => ({
    shown: shown[side] ?? far.path[0] ?? '',
    real: far.path.join(' '),
    from: shown[otherSide(side)] ?? own.path[0] ?? '',
  });
  return { access: of('access', access, core), core: of('core', core, access) };
}

/**
 * Where a core listens: by its path, or by c= and m= if it is one with CEMA, or its path is no help. A name in the
 * path is not looked up: c= says where that is (RFC 4975 §8.1). Undefined if nothing does.
 */
export function listeningPlace({ hasCema, path: [first], address, port }: Said): TransportAddress | undefined {
  const uri = hasCema || first === undefined ? undefined : parseMsrpUri(first);
  const host = uri !== undefined && isIP(uri.host) !== 0 ? uri.host : address;
  return host === undefined ? undefined : { address: host, port: uri?.port ?? port };
}

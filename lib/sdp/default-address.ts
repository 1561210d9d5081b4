import type { SdpLines } from './sdp-lines';
import { formatMediaLine, parseMediaLine } from './media-line';
import { viewSession, type MediaView } from './session-view';

/**
 * The SDP of a UE with the default address of each ICE line that has none yet: 0.0.0.0 or :: with port 9, or
 * a name (RFC 8839 §4.2.5 allows both). rtpengine would take the one for a hold and refuse the other. It gets
 * the first UDP candidate instead, or loopback, where nobody listens; ICE replaces it. Lines with an address
 * are left as they are, a hold by 0.0.0.0 on another port too.
 */
export function withKnownDefaults(sdp: SdpLines): SdpLines {
  const { media } = viewSession(sdp);
  if (!media.some(lacksDefault)) return sdp;
  const inherited = sdp.session.find((line) => line.startsWith('c='));
  return {
    session: sdp.session.filter((line) => line !== inherited),
    media: sdp.media.map((section, index) => {
      const view = media[index];
      if (view !== undefined && lacksDefault(view)) return withDefault(section, view);
      const hasOwn = inherited === undefined || section.some((line) => line.startsWith('c='));
      return hasOwn ? section : [section[0] ?? '', inherited, ...section.slice(1)];
    }),
  };
}

function lacksDefault({ hasIce, port, address }: MediaView): boolean {
  return hasIce && port !== 0 && (address === undefined || (port === 9 && ['0.0.0.0', '::'].includes(address)));
}

function withDefault(section: readonly string[], view: MediaView): readonly string[] {
  const candidate = view.candidates.find(({ transport, component }) => transport === 'udp' && component === 1);
  const address = candidate?.address ?? (view.address === '::' ? '::1' : '127.0.0.1');
  const line = formatMediaLine({ ...parseMediaLine(section[0] ?? ''), port: candidate?.port ?? 9 });
  const rest = section.slice(1).filter((other) => !other.startsWith('c='));
  return [line, `c=IN ${address.includes(':') ? 'IP6' : 'IP4'} ${address}`, ...rest];
}

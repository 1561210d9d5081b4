import type { TransportAddress } from '../ice/transport-address';
import { familyOf, unspecified } from '../ip-address';
import type { Sdp } from './sdp';
import type { MediaSection } from './sdp-part';
import { hasDefault, isHeldByAddress, withEachLine } from './session-view';

/** What a UE says of a line that it has as RTP over TCP (RFC 4571), which RFC 4145 describes. */
export interface TcpLine {
  /** As written: `TCP/RTP/AVP` … */
  transport: string;
  setup: string | undefined;
  connection: 'new' | 'existing';
}

/** By the index of the line. */
export type TcpLines = ReadonlyMap<number, TcpLine>;

/** What the line is called over UDP; those with DTLS are of RFC 7850. */
const overUdp: Record<string, string> = {
  'TCP/RTP/AVP': 'RTP/AVP',
  'TCP/RTP/SAVP': 'RTP/SAVP',
  'TCP/RTP/AVPF': 'RTP/AVPF',
  'TCP/RTP/SAVPF': 'RTP/SAVPF',
  'TCP/DTLS/RTP/SAVP': 'UDP/TLS/RTP/SAVP',
  'TCP/DTLS/RTP/SAVPF': 'UDP/TLS/RTP/SAVPF',
};

/** The lines of a UE that are RTP over TCP (B13). */
export function tcpLines(sdp: Sdp): TcpLines {
  return new Map(
    sdp.media.flatMap((section, index) => {
      const { transport } = section;
      if (overUdp[transport.toUpperCase()] === undefined) return [];
      const value = (name: string) => section.value(name) ?? sdp.session.value(name);
      const connection = value('connection') === 'existing' ? 'existing' : 'new';
      return [[index, { transport, setup: value('setup'), connection }] as const];
    }),
  );
}

/**
 * The SDP with its lines of RTP over TCP as RTP over UDP without a default address: all that anchor and core see
 * of them (B13, F4). Without ICE nothing on a shared port proves who sends, so such a line is declined.
 */
export function withUdpLines(sdp: Sdp): Sdp {
  const { session, media } = withEachLine(sdp, (section, view) => {
    const transport = overUdp[view.transport.toUpperCase()];
    if (transport === undefined) return section;
    if (!view.hasIce || view.port === 0) return section.with({ transport }).declined();
    const line = section.with({ transport }).without(['connection', 'rtcp', ...(view.hasDtls ? [] : ['setup'])]);
    if (!hasDefault(view)) return line;
    const none = unspecified(familyOf(view.address ?? ''));
    return (isHeldByAddress(view) ? line : line.with({ port: 9 })).at(none);
  });
  return { session: session.without(['connection']), media };
}

/** How a line is written as RTP over TCP. */
export interface TcpLineWritten extends TcpLine {
  /** Unless it governs DTLS (B14). */
  setup: string;
  /** Of our candidate; none, 0.0.0.0 or :: and port 9, if we have none that is TCP (B12). */
  at: TransportAddress;
}

/** The section of a line toward the UE as RTP over TCP; its candidates stay as they are. */
export function asTcpLine(section: MediaSection, { transport, setup, connection, at }: TcpLineWritten): MediaSection {
  if (section.port === 0) return section.with({ transport }).declined();
  const separateRtcp = !section.has('rtcp-mux') && section.has('rtcp');
  const family = familyOf(at.address);
  return section
    .with({ transport, port: at.port })
    .without(['rtcp'])
    .at(at.address)
    .and([
      ...(separateRtcp ? [`a=rtcp:9 IN ${family} ${unspecified(family)}`] : []),
      ...(section.has('fingerprint') ? [] : [`a=setup:${setup}`]),
      `a=connection:${connection}`,
    ]);
}

/** What the answer to an offered `a=setup` says (RFC 4145 §4.1): who connects is up to ICE. */
export function answeredSetup(offered: string | undefined): string {
  if (offered === 'passive') return 'active';
  return offered === 'holdconn' ? 'holdconn' : 'passive';
}

import { formatMediaLine, parseMediaLine, withConnection } from './media-line';
import { hasAttribute, isAttribute, withoutAttributes, type SdpLines } from './sdp-lines';
import { hasDefault, isHeldByAddress, viewSession } from './session-view';

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
export function tcpLines(sdp: SdpLines): TcpLines {
  return new Map(
    sdp.media.flatMap((section, index) => {
      const { transport } = parseMediaLine(section[0] ?? '');
      if (!isRtpOverTcp(transport)) return [];
      const value = (name: string) =>
        [...section, ...sdp.session]
          .find((line) => isAttribute(line, name))
          ?.slice(name.length + 3)
          .trim();
      const connection = value('connection') === 'existing' ? 'existing' : 'new';
      return [[index, { transport, setup: value('setup'), connection }] as const];
    }),
  );
}

/**
 * The SDP with its lines of RTP over TCP as RTP over UDP without a default address: all that anchor and core see
 * of them (B13, F4). Without ICE nothing on a shared port proves who sends, so such a line is declined.
 */
export function withUdpLines(sdp: SdpLines): SdpLines {
  const { media } = viewSession(sdp);
  const sections = sdp.media.map((section, index) => {
    const view = media[index];
    const transport = overUdp[view?.transport.toUpperCase() ?? ''];
    if (view === undefined || transport === undefined) return section;
    const line = { ...parseMediaLine(section[0] ?? ''), transport };
    if (!view.hasIce || view.port === 0) return [formatMediaLine({ ...line, port: 0 })];
    const dropped = ['connection', 'rtcp', ...(view.hasDtls ? [] : ['setup'])];
    const rest = withoutAttributes(section.slice(1), dropped);
    if (!hasDefault(view)) return [formatMediaLine(line), ...rest];
    const isHeld = isHeldByAddress(view);
    const none = view.address?.includes(':') === true ? '::' : '0.0.0.0';
    return withConnection([formatMediaLine(isHeld ? line : { ...line, port: 9 }), ...rest], none);
  });
  return { session: withoutAttributes(sdp.session, ['connection']), media: sections };
}

/** How a line is written as RTP over TCP. */
export interface TcpLineWritten {
  transport: string;
  /** What `a=setup` says, unless it governs DTLS (B14). */
  setup: string;
  connection: 'new' | 'existing';
  /** Of our candidate; none, 0.0.0.0 or :: and port 9, if we have none that is TCP (B12). */
  at: { address: string; port: number };
}

/** The section of a line toward the UE as RTP over TCP; its candidates stay as they are. */
export function asTcpLine(section: readonly string[], { transport, setup, connection, at }: TcpLineWritten) {
  const line = { ...parseMediaLine(section[0] ?? ''), transport };
  if (line.port === 0) return [formatMediaLine(line)];
  const rest = withoutAttributes(section.slice(1), ['rtcp']);
  const hasDtls = hasAttribute(section, 'fingerprint');
  const separateRtcp = !hasAttribute(section, 'rtcp-mux') && hasAttribute(section, 'rtcp');
  return [
    ...withConnection([formatMediaLine({ ...line, port: at.port }), ...rest], at.address),
    ...(separateRtcp ? [`a=rtcp:9 IN ${at.address.includes(':') ? 'IP6 ::' : 'IP4 0.0.0.0'}`] : []),
    ...(hasDtls ? [] : [`a=setup:${setup}`]),
    `a=connection:${connection}`,
  ];
}

/** What the answer to an offered `a=setup` says (RFC 4145 §4.1): who connects is up to ICE. */
export function answeredSetup(offered: string | undefined): string {
  if (offered === 'passive') return 'active';
  return offered === 'holdconn' ? 'holdconn' : 'passive';
}

function isRtpOverTcp(transport: string): boolean {
  return overUdp[transport.toUpperCase()] !== undefined;
}

/** What an SR says of its sender (RFC 3550 §6.4.1). */
interface SenderState {
  /** Wall clock of the report, ms since 1970. */
  wallClock: number;
  rtpTimestamp: number;
  packets: number;
  octets: number;
}

/** A report block: how one sender's packets arrive here (RFC 3550 §6.4.1). */
export interface ReportBlock {
  ssrc: number;
  /** 0 to 255, in 1/256. */
  fractionLost: number;
  cumulativeLost: number;
  highestSequence: number;
  /** In units of the codec's clock. */
  jitter: number;
  /** Middle 32 bits of the NTP time of the last SR received, 0 if none. */
  lastSr: number;
  /** Since then, in 1/65536 s. */
  delaySinceLastSr: number;
}

export interface RtcpDraft {
  ssrc: number;
  cname: string;
  /** Present if RTP was sent since the report before: makes it an SR, else it is an RR. */
  sender?: SenderState;
  block?: ReportBlock;
}

const packetType = { senderReport: 200, receiverReport: 201, sourceDescription: 202 } as const;

/** Seconds from 1900 to 1970 (RFC 3550 §4). */
const ntpOffset = 2_208_988_800;

/** A compound packet of SR or RR and an SDES with the CNAME, the least that RFC 3550 §6.1 allows. */
export function buildRtcp({ ssrc, cname, sender, block }: RtcpDraft): Buffer {
  const report = Buffer.alloc(8 + (sender === undefined ? 0 : 20) + (block === undefined ? 0 : 24));
  const type = sender === undefined ? packetType.receiverReport : packetType.senderReport;
  writeHeader(report, block === undefined ? 0 : 1, type);
  report.writeUInt32BE(ssrc, 4);
  if (sender !== undefined) writeSender(report.subarray(8, 28), sender);
  if (block !== undefined) writeBlock(report.subarray(report.length - 24), block);
  const name = Buffer.from(cname);
  // Item type, item length, the name, and at least one zero byte up to a multiple of 4 (RFC 3550 §6.5).
  const description = Buffer.alloc(8 + 4 * Math.ceil((2 + name.length + 1) / 4));
  writeHeader(description, 1, packetType.sourceDescription);
  description.writeUInt32BE(ssrc, 4);
  description[8] = 1;
  description[9] = name.length;
  name.copy(description, 10);
  return Buffer.concat([report, description]);
}

export interface RtcpReport {
  ssrc: number;
  /** Middle 32 bits of an SR's NTP time. */
  ntpMiddle: number | undefined;
  blocks: Pick<ReportBlock, 'ssrc' | 'cumulativeLost' | 'lastSr' | 'delaySinceLastSr'>[];
}

/** The SRs and RRs of a compound packet; reading ends where the bytes make no sense. */
export function parseRtcp(bytes: Buffer): RtcpReport[] {
  const reports: RtcpReport[] = [];
  for (let offset = 0; offset + 8 <= bytes.length;) {
    const length = 4 * (bytes.readUInt16BE(offset + 2) + 1);
    const packet = bytes.subarray(offset, offset + length);
    if (packet.length < length || (packet[0] ?? 0) >> 6 !== 2) break;
    const report = readReport(packet);
    if (report !== undefined) reports.push(report);
    offset += length;
  }
  return reports;
}

/** The middle 32 bits of the NTP time: what LSR and DLSR are counted in. `wallClock` in ms since 1970. */
export function ntpMiddle(wallClock: number): number {
  const seconds = wallClock / 1000 + ntpOffset;
  return Math.floor((seconds % 65536) * 65536) >>> 0;
}

/** Round trip in ms by a report block that answers one of our SRs (RFC 3550 §6.4.1); undefined if it answers none. */
export function roundTrip(
  block: Pick<ReportBlock, 'lastSr' | 'delaySinceLastSr'>,
  wallClock: number,
): number | undefined {
  if (block.lastSr === 0) return undefined;
  const trip = (ntpMiddle(wallClock) - block.lastSr - block.delaySinceLastSr) | 0;
  return trip < 0 ? undefined : (trip * 1000) / 65536;
}

function readReport(packet: Buffer): RtcpReport | undefined {
  const type = packet[1];
  const isSender = type === packetType.senderReport;
  if (!isSender && type !== packetType.receiverReport) return undefined;
  const first = isSender ? 28 : 8;
  const count = (packet[0] ?? 0) & 0x1f;
  if (packet.length < first + 24 * count) return undefined;
  const blocks = Array.from({ length: count }, (_, i) => {
    const block = packet.subarray(first + 24 * i, first + 24 * (i + 1));
    return {
      ssrc: block.readUInt32BE(0),
      cumulativeLost: block.readIntBE(5, 3),
      lastSr: block.readUInt32BE(16),
      delaySinceLastSr: block.readUInt32BE(20),
    };
  });
  return { ssrc: packet.readUInt32BE(4), ntpMiddle: isSender ? packet.readUInt32BE(10) : undefined, blocks };
}

function writeHeader(packet: Buffer, count: number, type: number): void {
  packet[0] = 0x80 | count;
  packet[1] = type;
  packet.writeUInt16BE(packet.length / 4 - 1, 2);
}

function writeSender(target: Buffer, sender: SenderState): void {
  const seconds = sender.wallClock / 1000 + ntpOffset;
  target.writeUInt32BE(Math.floor(seconds) >>> 0, 0);
  target.writeUInt32BE(Math.floor((seconds % 1) * 2 ** 32) >>> 0, 4);
  target.writeUInt32BE(sender.rtpTimestamp >>> 0, 8);
  target.writeUInt32BE(sender.packets >>> 0, 12);
  target.writeUInt32BE(sender.octets >>> 0, 16);
}

function writeBlock(target: Buffer, block: ReportBlock): void {
  target.writeUInt32BE(block.ssrc, 0);
  target[4] = block.fractionLost;
  target.writeIntBE(Math.max(-0x800000, Math.min(0x7fffff, block.cumulativeLost)), 5, 3);
  target.writeUInt32BE(block.highestSequence >>> 0, 8);
  target.writeUInt32BE(Math.round(block.jitter) >>> 0, 12);
  target.writeUInt32BE(block.lastSr, 16);
  target.writeUInt32BE(block.delaySinceLastSr, 20);
}

import Table from 'cli-table3';
import pc from 'picocolors';
import type { PathName } from '../../lib/ue/candidate-pair';
import type { Report } from '../../lib/ue/report';
import type { EndReports } from './ends';
import { total, type FirewallCounts, type PacketsByPort } from './firewall';
import type { Flags } from './flags';
import { portName, wayOf } from './ways';

/** The demo's result: what `--json` prints. Times are ms; counts are packets; null was not measured. */
export interface DemoResult {
  ok: boolean;
  /** The way the UE's media took. */
  path: PathName | null;
  direction: Flags['direction'];
  /** From the caller's INVITE to its 200. */
  setupMs: number | null;
  /** From the 200 to the first RTP packet that the UE received. */
  mediaMs: number | null;
  ueToCore: { sent: number; received: number };
  coreToUe: { sent: number; received: number };
  /** RTCP packets that arrived. */
  rtcp: { ueToCore: number; coreToUe: number };
  /** Packets that the firewall dropped, both directions together; and by port of the edge, with those it passed. */
  firewallDropped: number;
  firewall: FirewallCounts;
  /** Where the picture of the web phone is; absent without a browser. */
  screenshot?: string;
  /** The file that went by MSRP to the callee and back; absent without MSRP. */
  msrp?: { bytes: number; sha256Match: boolean };
  /** Why it is not ok, one sentence. */
  error?: string;
}

export function demoResult(
  flags: Flags,
  { ue, core }: EndReports,
  counts: { fromUe: FirewallCounts; toUe: FirewallCounts },
  file?: { bytes: number; sha256: string },
): DemoResult {
  const result: DemoResult = {
    ok: false,
    path: ue.path,
    direction: flags.direction,
    setupMs: (flags.direction === 'originating' ? ue : core).setupMs,
    mediaMs: ue.mediaMs,
    // A browser is asked for its counts right before the end.
    ueToCore: {
      sent: flags.client === 'chromium' ? Math.max(ue.sent, core.received) : ue.sent,
      received: core.received,
    },
    coreToUe: { sent: core.sent, received: ue.received },
    rtcp: { ueToCore: core.rtcpReceived, coreToUe: ue.rtcpReceived },
    firewallDropped: total(counts.fromUe.dropped) + total(counts.toUe.dropped),
    firewall: {
      passed: sum(counts.fromUe.passed, counts.toUe.passed),
      dropped: sum(counts.fromUe.dropped, counts.toUe.dropped),
    },
    ...(file && { msrp: { bytes: file.bytes, sha256Match: hasCome(file, ue) && hasCome(file, core) } }),
  };
  const error = whatFailed(result, flags, { ue, core });
  return error === undefined ? { ...result, ok: true } : { ...result, error };
}

function sum(some: PacketsByPort, others: PacketsByPort): PacketsByPort {
  const ports = new Set([...Object.keys(some), ...Object.keys(others)]);
  return Object.fromEntries([...ports].sort().map((port) => [port, (some[port] ?? 0) + (others[port] ?? 0)]));
}

function packetsText(packets: PacketsByPort): string {
  const texts = Object.entries(packets).map(([port, count]) => `${portName(port)}: ${count} packets`);
  return texts.length === 0 ? 'nothing' : texts.join('\n');
}

/** Whether the end received the file, whole. */
function hasCome(file: { bytes: number; sha256: string }, { msrp }: Report): boolean {
  return msrp?.received.some(({ bytes, sha256 }) => bytes === file.bytes && sha256 === file.sha256) ?? false;
}

function whatFailed(result: DemoResult, flags: Flags, { ue, core }: EndReports): string | undefined {
  const { audio, msrp } = wayOf(flags);
  const expected = flags.media === 'msrp' ? msrp : audio;
  if (ue.error !== null) return `The UE: ${ue.error.message}`;
  if (core.error !== null) return `The core: ${core.error.message}`;
  if (result.path !== expected) return `The media's path is ${result.path ?? 'none'}; expected was ${expected}.`;
  if (ue.msrp !== null && ue.msrp.path !== msrp) return `The path of MSRP is ${ue.msrp.path ?? 'none'}.`;
  if (result.msrp?.sha256Match === false) return 'The file is not the same at the other end.';
  if (flags.media === 'msrp') return undefined;
  if (result.ueToCore.received === 0) return 'No media of the UE reached the core.';
  if (result.coreToUe.received === 0) return 'No media of the core reached the UE.';
  return undefined;
}

/** The short table that ends the demo. */
export function resultTable(result: DemoResult): string {
  const way = ({ sent, received }: { sent: number; received: number }, rtcp: number) => [
    sent,
    received,
    sent - received,
    rtcp,
  ];
  const packets = new Table({
    head: ['', 'sent', 'received', 'lost', 'RTCP received'],
    colAligns: ['left', 'right', 'right', 'right', 'right'],
    style: { head: [], border: [] },
  });
  packets.push(
    ['UE → core', ...way(result.ueToCore, result.rtcp.ueToCore)],
    ['core → UE', ...way(result.coreToUe, result.rtcp.coreToUe)],
  );
  const facts = new Table({ style: { head: [], border: [] } });
  const ms = (value: number | null) => (value === null ? '–' : `${Math.round(value)} ms`);
  facts.push(
    ['path', pc.bold(result.path === null ? 'none' : portName(result.path))],
    ['call set up in', ms(result.setupMs)],
    ['time to media', ms(result.mediaMs)],
    ['passed by the firewall', packetsText(result.firewall.passed)],
    ['dropped by the firewall', packetsText(result.firewall.dropped)],
  );
  const { msrp } = result;
  if (msrp !== undefined) {
    const match = msrp.sha256Match ? 'SHA-256 is the same in both directions' : pc.red('SHA-256 differs');
    facts.push(['file by MSRP', `${msrp.bytes} bytes, ${match}`]);
  }
  const verdict = result.ok ? pc.green('✔ media came through both ways') : pc.red(`✘ ${result.error ?? 'failed'}`);
  const tables = result.ueToCore.sent + result.coreToUe.sent > 0 ? [facts, packets] : [facts];
  return [...tables.map((table) => table.toString()), verdict].join('\n');
}

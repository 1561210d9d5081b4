import Table from 'cli-table3';
import pc from 'picocolors';
import type { Report } from '../../lib/ue/report';
import type { UeEvent } from '../../lib/ue/ue-event';

/** What a person reads of an event; undefined for what would only be noise. */
export function sentence(event: UeEvent): string | undefined {
  switch (event.event) {
    case 'ready':
      return `SIP is open at ${event.sip}`;
    case 'registered':
      return `registered: ${event.aor} for ${event.expires} s`;
    case 'unregistered':
      return `no longer registered: ${event.aor}`;
    case 'message-sent':
      return `message to ${event.uri} was taken`;
    case 'message':
      return `message from ${event.from}: ${event.text}`;
    case 'calling':
      return `calling ${event.uri}`;
    case 'incoming':
      return `call from ${event.from}`;
    case 'ringing':
      return 'ringing';
    case 'answered':
      return `answered after ${event.setupMs} ms`;
    case 'check-sent':
      return event.attempt === 1 && !event.nominating ? `checking ${event.path} to ${event.remote}` : undefined;
    case 'tcp-connected':
      return `TCP connection to ${event.remote} is open`;
    case 'check-succeeded':
      return `${event.path} to ${event.remote} answers (${event.rttMs} ms)`;
    case 'check-failed':
      return pc.yellow(`${event.path} to ${event.remote} failed: ${event.reason}`);
    case 'udp-unanswered':
      return pc.yellow(`UDP to ${event.remote}: ${event.checks} checks unanswered`);
    case 'pair-selected':
      return pc.green(`media goes over ${event.path} to ${event.remote}`);
    case 'connection-lost':
      return pc.yellow(`connection to ${event.remote} lost, trying again`);
    case 'media-flowing':
      return pc.green(`media flows, ${event.mediaMs} ms after the answer`);
    case 'media-sent':
      return `${event.packets} packets sent`;
    case 'msrp-open':
      return pc.green(`MSRP is connected over ${event.path ?? '?'}`);
    case 'msrp-sent':
      return `${event.bytes} bytes sent by MSRP, SHA-256 ${event.sha256}`;
    case 'msrp-received':
      return `${event.bytes} bytes of ${event.contentType} received by MSRP, SHA-256 ${event.sha256}`;
    case 'msrp-closed':
      return `the MSRP session ended: ${event.reason}`;
    case 'changed':
      return `the call now has ${event.media.join(' and ')}`;
    case 'held':
      return event.by === 'us' ? 'on hold' : 'put on hold';
    case 'resumed':
      return 'resumed';
    case 'ended':
      return event.by === 'us' ? 'hung up' : 'the peer hung up';
    case 'error':
      return pc.red(event.message);
    case 'candidates':
    case 'msrp-progress':
    case 'report':
      return undefined;
  }
}

/** The result, a line per stream. */
export function table(report: Report): string {
  const head = [
    'stream',
    'path',
    'media after',
    'sent',
    'received',
    'lost',
    'RTCP sent',
    'RTCP received',
    'round trip',
  ];
  const result = new Table({
    head: [...head, 'UDP checks unanswered'],
    style: { head: [], border: [] },
    wordWrap: true,
  });
  const ms = (value: number | null) => (value === null ? '–' : `${value} ms`);
  for (const { kind, path, mediaMs, sent, received, lost, rtcpSent, rtcpReceived, ...rest } of report.streams) {
    const times = [kind, path ?? 'none', ms(mediaMs)];
    result.push([...times, sent, received, lost, rtcpSent, rtcpReceived, ms(rest.rttMs), rest.unansweredUdpChecks]);
  }
  return result.toString();
}

/** Seconds and tenths since the start, in front of each sentence. */
export function stamped(ms: number, text: string): string {
  return `${pc.dim((ms / 1000).toFixed(2).padStart(7))}  ${text}`;
}

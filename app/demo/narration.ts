import pc from 'picocolors';
import type { CallListeners } from './call';
import type { FileProgress } from './file-progress';
import type { ToolEvent } from './ue-tool';

type Teller = 'network' | 'firewall' | 'edge' | 'UE' | 'core';

const pathNames: Readonly<Record<string, string>> = { tcp80: 'TCP 80', udp: 'UDP' };

/** Tells what happens as it happens, a line for each step, with the seconds since the start. */
export class Narration implements CallListeners {
  readonly #write: (line: string) => void;
  readonly #now: () => number;
  readonly #progress: FileProgress;
  readonly #start: number;
  readonly #told = new Set<string>();

  /** @param now a clock in ms. */
  constructor(write: (line: string) => void, now: () => number, progress: FileProgress) {
    this.#write = write;
    this.#now = now;
    this.#progress = progress;
    this.#start = now();
  }

  tell(who: Teller, what: string): void {
    const seconds = ((this.#now() - this.#start) / 1000).toFixed(1).padStart(5);
    this.#write(`${pc.dim(`${seconds} s`)}  ${pc.cyan(who.padEnd(8))}  ${what}`);
  }

  edgeReady(): void {
    this.tell('edge', 'ready: embedded SIP edge, rtpengine and the gateway on TCP 80');
  }

  dropped(packets: number): void {
    this.#once(
      'dropped',
      'firewall',
      packets === 1 ? 'dropped a UDP check of the UE' : `dropped ${packets} UDP checks of the UE`,
    );
  }

  event(end: 'ue' | 'core', event: ToolEvent): void {
    this.#progress.event(end === 'ue' ? 'UE → core' : 'core → UE', event);
    const sentence = end === 'ue' ? ueSentence(event) : coreSentence(event);
    if (sentence !== undefined) this.#once(`${end} ${sentence}`, end === 'ue' ? 'UE' : 'core', sentence);
  }

  #once(key: string, who: Teller, what: string): void {
    if (this.#told.has(key)) return;
    this.#told.add(key);
    this.tell(who, what);
  }
}

function ueSentence(event: ToolEvent): string | undefined {
  const remote = text(event['remote']);
  switch (event.event) {
    case 'registered':
      return `registered as ${text(event['aor'])}, SIP over TCP`;
    case 'calling':
      return `calls ${text(event['uri'])}`;
    case 'incoming':
      return 'receives a call on the connection it registered on';
    case 'ringing':
      return 'ringing';
    case 'answered':
      return 'answered';
    case 'check-sent':
      return event['path'] === 'udp' ? `checks UDP: ${remote}` : `dials TCP 80: ${remote}`;
    case 'tcp-connected':
      return `TCP 80 connected: ${remote}`;
    case 'udp-unanswered':
      return 'has no answer on UDP yet';
    case 'check-succeeded':
      return `${pathNames[text(event['path'])] ?? '?'} works: the check was answered`;
    case 'pair-selected':
      return pc.green(`selects ${pathNames[text(event['path'])] ?? '?'} for its media`);
    case 'media-flowing':
      return pc.green('media flows: the first RTP packet arrived');
    case 'media-sent':
      return 'sent its last packet';
    case 'msrp-open':
      return pc.green(`MSRP session is up over ${pathNames[text(event['path'])] ?? '?'}`);
    case 'msrp-sent':
    case 'msrp-received':
      return messageSentence(event);
    case 'ended':
      return event['by'] === 'us' ? 'hangs up' : 'call ended by the core';
    case 'error':
      return pc.red(text(event['message']));
    default:
      return undefined;
  }
}

function coreSentence(event: ToolEvent): string | undefined {
  switch (event.event) {
    case 'calling':
      return 'calls the UE along the Path of its registration';
    case 'incoming':
      return 'receives the call';
    case 'media-flowing':
      return pc.green('media flows: the first RTP packet arrived');
    case 'msrp-sent':
    case 'msrp-received':
      return messageSentence(event);
    case 'error':
      return pc.red(text(event['message']));
    default:
      return undefined;
  }
}

function messageSentence(event: ToolEvent): string {
  const what = event.event === 'msrp-sent' ? 'has been told that the file arrived' : 'has received the file';
  return pc.green(`${what}: ${text(event['bytes'])} bytes, SHA-256 ${text(event['sha256']).slice(0, 16)}…`);
}

function text(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'object' && value !== null && 'address' in value && 'port' in value) {
    return `${String(value.address)}:${String(value.port)}`;
  }
  return value === undefined ? '' : JSON.stringify(value);
}

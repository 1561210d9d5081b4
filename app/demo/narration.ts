import pc from 'picocolors';
import type { FileProgress } from './file-progress';
import type { MsrpTransfer } from '../../lib/ue/report';
import type { UeEvent } from '../../lib/ue/ue-event';
import { portName, type Way } from './ways';

type Teller = 'network' | 'firewall' | 'edge' | 'UE' | 'core';

/** Tells what happens as it happens, a line for each step, with the seconds since the start. */
export class Narration {
  readonly #write: (line: string) => void;
  readonly #now: () => number;
  readonly #progress: FileProgress;
  readonly #way: Way;
  readonly #start: number;
  readonly #told = new Set<string>();

  /** @param now a clock in ms. */
  constructor(write: (line: string) => void, now: () => number, progress: FileProgress, way: Way) {
    this.#write = write;
    this.#now = now;
    this.#progress = progress;
    this.#way = way;
    this.#start = now();
  }

  tell(who: Teller, what: string): void {
    const seconds = ((this.#now() - this.#start) / 1000).toFixed(1).padStart(5);
    this.#write(`${pc.dim(`${seconds} s`)}  ${pc.cyan(who.padEnd(8))}  ${what}`);
  }

  /** The edge takes calls. */
  edgeReady(): void {
    const ports = this.#way.publicPorts.replace(',', ' and ');
    this.tell('edge', `ready: embedded SIP edge and rtpengine; SIP and media on TCP ${ports}`);
  }

  /** The firewall has dropped what the UE sent to this port, such as `udp30000`. */
  dropped(port: string): void {
    this.tell('firewall', `drops what the UE sends to ${portName(port)}`);
  }

  /** Of one end, as it happens. */
  event(end: 'ue' | 'core', event: UeEvent): void {
    this.#progress.event(end === 'ue' ? 'UE → core' : 'core → UE', event);
    const sentence = end === 'ue' ? ueSentence(event, this.#way) : coreSentence(event);
    if (sentence !== undefined) this.#once(`${end} ${sentence}`, end === 'ue' ? 'UE' : 'core', sentence);
  }

  #once(key: string, who: Teller, what: string): void {
    if (this.#told.has(key)) return;
    this.#told.add(key);
    this.tell(who, what);
  }
}

function ueSentence(event: UeEvent, way: Way): string | undefined {
  switch (event.event) {
    case 'registered':
      return `registered as ${event.aor}, ${way.sip}`;
    case 'calling':
      return `calls ${event.uri}`;
    case 'incoming':
      return 'receives a call on the connection it registered on';
    case 'ringing':
      return 'ringing';
    case 'answered':
      return 'answered';
    case 'check-sent':
      return `${event.path.startsWith('tcp') ? 'dials' : 'checks'} ${portName(event.path)}: ${event.remote}`;
    case 'tcp-connected':
      return `${portName(event.path)} connected: ${event.remote}`;
    case 'udp-unanswered':
      return 'has no answer on UDP yet';
    case 'check-succeeded':
      return `${portName(event.path)} works: the check was answered`;
    case 'pair-selected':
      return pc.green(`selects ${portName(event.path)} for its media`);
    case 'media-sent':
      return 'sent its last packet';
    case 'msrp-open':
      return pc.green(`MSRP session is up over ${portName(event.path ?? '?')}`);
    case 'ended':
      return event.by === 'us' ? 'hangs up' : 'call ended by the core';
    default:
      return sentenceOfBoth(event);
  }
}

function coreSentence(event: UeEvent): string | undefined {
  if (event.event === 'calling') return 'calls the UE along the Path of its registration';
  return event.event === 'incoming' ? 'receives the call' : sentenceOfBoth(event);
}

function sentenceOfBoth(event: UeEvent): string | undefined {
  switch (event.event) {
    case 'media-flowing':
      return pc.green('media flows: the first RTP packet arrived');
    case 'msrp-sent':
      return pc.green(`has been told that the file arrived: ${fileText(event)}`);
    case 'msrp-received':
      return pc.green(`has received the file: ${fileText(event)}`);
    case 'error':
      return pc.red(event.message);
    default:
      return undefined;
  }
}

function fileText({ bytes, sha256 }: MsrpTransfer): string {
  return `${bytes} bytes, SHA-256 ${sha256.slice(0, 16)}…`;
}

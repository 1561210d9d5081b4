/**
 * A phone that is not ours in the place of the UE tool: it takes those of the tool's options that are read here, and tells
 * events and a report as the tool does (app/ue.ts).
 *
 *     --edge HOST:PORT [--tls --ca PEM] --register --call URI|--wait-call --seconds N --folder FOLDER
 *         [--screenshot PNG] [--turn USER:PASSWORD]
 */
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { EdgeError } from '../../lib/errors';
import type { Report, UeStreamReport } from '../../lib/ue/report';
import type { UeEvent } from '../../lib/ue/ue-event';
import { onStopSignal, signalStatus } from '../stop-signals';

/** What such a phone tells of the audio of its one call; what it does not tell is 0. */
export interface MediaStats extends Omit<UeStreamReport, 'mediaMs' | 'unansweredUdpChecks'> {
  /** Ends of the selected pair; empty until one is. */
  local: string;
  remote: string;
}

export interface ForeignPhone {
  /** @param address without `sip:` */
  register(address: string): Promise<void>;
  /** Resolves once the call is answered. */
  call(uri: string): Promise<void>;
  /** Resolves with who calls. */
  ring(): Promise<string>;
  /** Resolves once the call is answered. */
  answer(): Promise<void>;
  stats(): Promise<MediaStats>;
  isInCall(): Promise<boolean>;
  hangUp(): Promise<void>;
  /** Of the call that is over. */
  lastStats(): Promise<MediaStats>;
  /** Takes the registration back. */
  leave(): Promise<void>;
  /** May be called twice. */
  close(): Promise<void>;
  /** Of a phone with a face. */
  screenshot?(file: string): Promise<void>;
}

export interface PhoneOptions {
  /** Where the edge is. */
  host: string;
  port: number;
  isSecure: boolean;
  /** PEM file with the edge's certificate; it is trusted, and no other. */
  certificate: string | undefined;
  /** Where the phone keeps its files. */
  folder: string;
  /** Credentials for TURN on the same port. */
  turn: { user: string; password: string } | undefined;
}

const address = 'ue@example.net';

/** How often the phone is asked for its statistics, ms; and how long media may take to flow. */
const lookEvery = 50;
const mediaPatience = 20_000;

const startedAt = performance.now();

function tell(event: UeEvent): void {
  process.stdout.write(`${JSON.stringify({ ...event, t: Math.round(performance.now() - startedAt) })}\n`);
}

/** What has come of it so far. */
interface Run {
  direction: Report['direction'];
  registered: boolean;
  setupMs: number | null;
  mediaMs: number | null;
  media: MediaStats | undefined;
}

/** Of a phone that was in no call. */
const noMedia: MediaStats = {
  ...{ line: 0, kind: 'audio', path: null, local: '', remote: '' },
  ...{ sent: 0, received: 0, lost: 0, rtcpSent: 0, rtcpReceived: 0, rttMs: null },
};

/** Makes the call that the options of the process ask for. */
export async function runForeignPhone(open: (options: PhoneOptions) => Promise<ForeignPhone>): Promise<void> {
  const options = readOptions();
  const stop = new AbortController();
  onStopSignal(
    () => stop.abort(),
    (signal) => process.exit(signalStatus[signal]),
  );
  const run: Run = { direction: null, registered: false, setupMs: null, mediaMs: null, media: undefined };
  let phone: ForeignPhone | undefined;
  let error: Report['error'] = null;
  try {
    phone = await open(options);
    const opened = phone;
    stop.signal.addEventListener('abort', () => void opened.close());
    await phoneCall(phone, run, options);
  } catch (thrown) {
    const code = thrown instanceof EdgeError ? thrown.code : 'phone-failed';
    error = { code, message: thrown instanceof Error ? thrown.message : String(thrown) };
    tell({ event: 'error', ...error });
  }
  tell(report(run, error));
  await phone?.close();
  process.exitCode = error === null ? 0 : 1;
}

interface RunOptions extends PhoneOptions {
  /** Whom to call; undefined: it waits for a call. */
  call: string | undefined;
  seconds: number;
  screenshot: string | undefined;
}

function readOptions(): RunOptions {
  const { values } = parseArgs({
    options: {
      edge: { type: 'string', default: '' },
      tls: { type: 'boolean', default: false },
      ca: { type: 'string' },
      register: { type: 'boolean' },
      call: { type: 'string' },
      'wait-call': { type: 'boolean' },
      seconds: { type: 'string', default: '5' },
      media: { type: 'string' },
      folder: { type: 'string', default: '.' },
      screenshot: { type: 'string' },
      turn: { type: 'string' },
      events: { type: 'boolean' },
    },
  });
  const { hostname, port } = new URL(`edge://${values.edge}`);
  // The user of a time-limited credential has a colon of its own; the password has none.
  const [, user = '', password = ''] = /^(.*):(.*)$/.exec(values.turn ?? '') ?? [];
  return {
    ...{ host: hostname, port: Number(port), isSecure: values.tls, certificate: values.ca, folder: values.folder },
    ...{ call: values.call, seconds: Number(values.seconds), screenshot: values.screenshot },
    turn: values.turn === undefined ? undefined : { user, password },
  };
}

async function phoneCall(phone: ForeignPhone, run: Run, { call, seconds, screenshot }: RunOptions): Promise<void> {
  await phone.register(address);
  run.registered = true;
  tell({ event: 'registered', aor: `sip:${address}`, expires: 0 });
  await (call === undefined ? takeCall(phone, run) : placeCall(phone, run, call));
  await mediaFlows(phone, run);
  await delay(1000 * seconds);
  if (screenshot !== undefined) await phone.screenshot?.(screenshot);
  if (call === undefined) await untilOver(phone);
  else await phone.hangUp();
  run.media = await phone.lastStats();
  tell({ event: 'ended', by: call === undefined ? 'peer' : 'us' });
  await phone.leave();
}

async function placeCall(phone: ForeignPhone, run: Run, uri: string): Promise<void> {
  tell({ event: 'calling', uri });
  const calledAt = performance.now();
  await phone.call(uri);
  answered(run, 'originating', calledAt);
}

async function takeCall(phone: ForeignPhone, run: Run): Promise<void> {
  tell({ event: 'incoming', from: await phone.ring() });
  const calledAt = performance.now();
  await phone.answer();
  answered(run, 'terminating', calledAt);
}

function answered(run: Run, direction: Report['direction'], calledAt: number): void {
  run.direction = direction;
  run.setupMs = Math.round(performance.now() - calledAt);
  tell({ event: 'answered', setupMs: run.setupMs });
}

async function mediaFlows(phone: ForeignPhone, run: Run): Promise<void> {
  const answeredAt = performance.now();
  for (;;) {
    const stats = (run.media = await phone.stats());
    const { path, remote, local, received } = stats;
    run.mediaMs = Math.round(performance.now() - answeredAt);
    if (path !== null && received > 0) {
      tell({ event: 'pair-selected', line: 0, path, remote, local });
      tell({ event: 'media-flowing', line: 0, path, mediaMs: run.mediaMs });
      return;
    }
    if (run.mediaMs > mediaPatience) throw new EdgeError('media-late', 'The phone has received no media.');
    await delay(lookEvery);
  }
}

async function untilOver(phone: ForeignPhone): Promise<void> {
  while (await phone.isInCall()) await delay(lookEvery);
}

function report({ media, ...run }: Run, error: Report['error']): Report {
  const stream = { ...(media ?? noMedia), mediaMs: run.mediaMs, unansweredUdpChecks: 0 };
  const streams = media === undefined ? [] : [stream];
  return { event: 'report', ok: error === null, role: 'ue', ...stream, ...run, streams, msrp: null, error };
}

/**
 * The web phone of an edge, in a browser, in the place of the UE tool: it takes those of the tool's options that are read
 * here, and tells events and a report as the tool does (app/ue.ts).
 *
 *     --edge HOST:PORT [--tls --ca PEM] --register --call URI|--wait-call --seconds N --screenshot PNG --folder FOLDER
 */
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { EdgeError } from '../../../lib/errors';
import type { Report } from '../../../lib/ue/report';
import type { UeEvent } from '../../../lib/ue/ue-event';
import { onStopSignal, signalStatus } from '../../stop-signals';
import { PhonePage } from './phone-page';
import type { MediaStats } from './rtc-stats';

const address = 'ue@example.net';

/** How often the browser is asked for its statistics, ms; and how long media may take to flow. */
const lookEvery = 50;
const mediaPatience = 20_000;

const { values: options } = parseArgs({
  options: {
    edge: { type: 'string', default: '' },
    tls: { type: 'boolean', default: false },
    ca: { type: 'string' },
    register: { type: 'boolean', default: true },
    call: { type: 'string' },
    'wait-call': { type: 'boolean', default: false },
    seconds: { type: 'string', default: '5' },
    media: { type: 'string', default: 'audio' },
    screenshot: { type: 'string', default: 'phone.png' },
    folder: { type: 'string', default: '.' },
    events: { type: 'boolean', default: true },
  },
});

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

async function phoneCall(page: PhonePage, run: Run): Promise<void> {
  const { call, screenshot } = options;
  await page.register(address);
  run.registered = true;
  tell({ event: 'registered', aor: `sip:${address}`, expires: 0 });
  await (call === undefined ? takeCall(page, run) : placeCall(page, run, call));
  await mediaFlows(page, run);
  await delay(1000 * Number(options.seconds));
  await page.screenshot(screenshot);
  if (call === undefined) await untilOver(page, run);
  else {
    run.media = await page.stats();
    await page.hangUp();
  }
  tell({ event: 'ended', by: call === undefined ? 'peer' : 'us' });
  await page.leave();
}

async function placeCall(page: PhonePage, run: Run, uri: string): Promise<void> {
  tell({ event: 'calling', uri });
  const calledAt = performance.now();
  await page.call(uri);
  answered(run, 'originating', calledAt);
}

async function takeCall(page: PhonePage, run: Run): Promise<void> {
  tell({ event: 'incoming', from: await page.ring() });
  const calledAt = performance.now();
  await page.answer();
  answered(run, 'terminating', calledAt);
}

function answered(run: Run, direction: Report['direction'], calledAt: number): void {
  run.direction = direction;
  run.setupMs = Math.round(performance.now() - calledAt);
  tell({ event: 'answered', setupMs: run.setupMs });
}

async function mediaFlows(page: PhonePage, run: Run): Promise<void> {
  const answeredAt = performance.now();
  for (;;) {
    const stats = (run.media = await page.stats());
    const { path, remote, local, received } = stats;
    run.mediaMs = Math.round(performance.now() - answeredAt);
    if (path !== null && received > 0) {
      tell({ event: 'pair-selected', line: 0, path, remote, local });
      tell({ event: 'media-flowing', line: 0, path, mediaMs: run.mediaMs });
      return;
    }
    if (run.mediaMs > mediaPatience) throw new EdgeError('media-late', 'The browser has received no media.');
    await delay(lookEvery);
  }
}

async function untilOver(page: PhonePage, run: Run): Promise<void> {
  while (await page.isInCall()) {
    run.media = await page.stats();
    await delay(lookEvery);
  }
}

/** Of a browser that was in no call. */
const noMedia: MediaStats = {
  ...{ line: 0, kind: 'audio', path: null, local: '', remote: '' },
  ...{ sent: 0, received: 0, lost: 0, rtcpSent: 0, rtcpReceived: 0, rttMs: null },
};

function report({ media, ...run }: Run, error: Report['error']): Report {
  const stream = { ...(media ?? noMedia), mediaMs: run.mediaMs, unansweredUdpChecks: 0 };
  const streams = media === undefined ? [] : [stream];
  return { event: 'report', ok: error === null, role: 'ue', ...stream, ...run, streams, msrp: null, error };
}

async function main(): Promise<void> {
  const stop = new AbortController();
  onStopSignal(
    () => stop.abort(),
    (signal) => process.exit(signalStatus[signal]),
  );
  const run: Run = { direction: null, registered: false, setupMs: null, mediaMs: null, media: undefined };
  let page: PhonePage | undefined;
  let error: Report['error'] = null;
  try {
    const origin = `${options.tls ? 'https' : 'http'}://${options.edge}`;
    page = await PhonePage.open({ origin, certificate: options.ca, folder: options.folder });
    const opened = page;
    stop.signal.addEventListener('abort', () => void opened.close());
    await phoneCall(page, run);
  } catch (thrown) {
    const code = thrown instanceof EdgeError ? thrown.code : 'browser-failed';
    error = { code, message: thrown instanceof Error ? thrown.message : String(thrown) };
    tell({ event: 'error', ...error });
  }
  tell(report(run, error));
  await page?.close();
  process.exitCode = error === null ? 0 : 1;
}

void main();

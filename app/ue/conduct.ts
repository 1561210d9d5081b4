import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { EdgeError, type ErrorCode } from '../../lib/errors';
import type { Logger } from '../../lib/ops/logger';
import type { PhoneCall } from '../../lib/ue/phone-call';
import { consentTiming } from '../../lib/ue/consent';
import { CorePhone } from '../../lib/ue/core-phone';
import type { CallingOptions, MessageOptions } from '../../lib/ue/phone';
import type { Report, UeStreamReport } from '../../lib/ue/report';
import type { MediaKind, Observer } from '../../lib/ue/ue-event';
import { UserAgent } from '../../lib/ue/user-agent';
import { withResolvers } from '../../lib/with-resolvers';
import { MessageExchange } from './message-exchange';
import type { CoreOptions, UeOptions } from './options';
import { certificateIn } from './pem-files';
import { sipTransport } from './transport-options';

const packetsPerSecond = 50;

/** Who hangs up does it when nothing came in for this long after its last packet, or at the limit; ms. */
const quiet = 300;
const quietLimit = 2000;

/** What the other waits after the BYE, ms: for its 200 to leave, and for the last packets under way. */
const drain = 250;

/** Of what holds up nobody. */
const unheld = { ref: false };

/** How long --hold holds, ms. */
const holdTime = 1000;

interface Context {
  observer: Observer;
  logger: Logger;
  /** Aborted when the user asks to stop. */
  stop: AbortSignal;
}

/** Does what the options ask for and reports; never rejects. */
export async function conduct(options: UeOptions | CoreOptions, context: Context): Promise<Report> {
  const run: Run = { call: undefined, registered: false, error: undefined };
  try {
    await (options.role === 'ue' ? runUe(options, context, run) : runCore(options, context, run));
  } catch (error) {
    run.error = error;
  }
  return report(options, run, context.observer);
}

/** What a run has come to so far. */
interface Run {
  call: PhoneCall | undefined;
  registered: boolean;
  error: unknown;
}

async function runUe(options: UeOptions, context: Context, run: Run): Promise<void> {
  const { logger, stop } = context;
  const { edge, user, domain, password, patience, message, consentInterval: interval, plain } = options;
  const transport = sipTransport(options.transport);
  const local = options.local ?? (await addressToward(transport.proxy ?? edge));
  const { observer, messageCame } = awaitingMessage(context.observer);
  const consent = interval === undefined ? undefined : { ...consentTiming, interval, patience: 2 * interval };
  const { exchange, ...media } = mediaOf(options, observer);
  const turn = options.turn && { ...options.turn, tls: transport.tls };
  const own = { edge, transport, local, user, domain, password, plain, turn };
  const agent = await UserAgent.open({ ...own, ...media, consent, observer, logger });
  try {
    // Ready before it registers: a core may call the moment it knows where.
    const incoming = options.waitCall ? agent.take(patience, options.media) : undefined;
    incoming?.catch(() => undefined);
    if (options.register) {
      await orStopped(
        stop,
        within(patience, agent.register(), 'registration-unanswered', 'The registration was not answered'),
      );
      run.registered = true;
    }
    if (message !== undefined) {
      const sent = agent.message(message.uri, message.text);
      await orStopped(stop, within(patience, sent, 'message-unanswered', 'The message was not answered'));
    }
    if (options.waitMessage) await orStopped(stop, within(patience, messageCame, 'no-message', 'No message came in'));
    if (options.call !== undefined) run.call = await orStopped(stop, agent.call(options.call, callingOptions(options)));
    else if (incoming !== undefined) run.call = await orStopped(stop, incoming);
    if (run.call !== undefined) await conductCall(run.call, options, exchange, stop);
  } finally {
    await run.call?.hangUp();
    exchange.close();
    // De-registering is a courtesy: an edge that is gone does not hold up the report.
    if (run.registered) await Promise.race([agent.unregister().catch(() => undefined), delay(1000, undefined, unheld)]);
    await agent.close();
  }
}

/** An edge that is silent would hold a request for 32 s (RFC 3261 §17.1.2.2, timer F). */
async function within<T>(patience: number, awaited: Promise<T>, code: ErrorCode, what: string): Promise<T> {
  const late = delay(patience, undefined, unheld).then(() => {
    throw new EdgeError(code, `${what} within ${Math.round(patience / 1000)} s.`);
  });
  return await Promise.race([awaited, late]);
}

/** An observer beside which one can wait for the first MESSAGE, whenever it came. */
function awaitingMessage(observer: Observer): { observer: Observer; messageCame: Promise<void> } {
  const came = withResolvers();
  const noting: Observer = (event) => {
    observer(event);
    if (event.event === 'message') came.resolve();
  };
  return { observer: noting, messageCame: came.promise };
}

async function runCore(options: CoreOptions, context: Context, run: Run): Promise<void> {
  const { observer, logger, stop } = context;
  const { listen, domain, patience, callRegistered } = options;
  const noting: Observer = (event) => {
    if (event.event === 'registered') run.registered = true;
    observer(event);
  };
  const { exchange, ...media } = mediaOf(options, observer);
  const core = await CorePhone.open({ listen, domain, ...media, observer: noting, logger });
  try {
    run.call = await orStopped(
      stop,
      callRegistered === undefined
        ? core.take(patience, options.media)
        : core.callRegistered(callRegistered, { ...callingOptions(options), pause: options.callPause }),
    );
    await conductCall(run.call, options, exchange, stop);
  } finally {
    await run.call?.hangUp();
    exchange.close();
    await core.close();
  }
}

function callingOptions({ offerless, patience, media }: UeOptions | CoreOptions): CallingOptions {
  return { offerless, patience, media };
}

/** What a call sends and receives. */
function mediaOf(
  { seconds, messages: task, certificateFile }: UeOptions | CoreOptions,
  observer: Observer,
): { limit: number; exchange: MessageExchange; messages: MessageOptions } {
  const { cema, setup } = task;
  const exchange = new MessageExchange(task, observer);
  const { body, message } = exchange;
  const messages = { cema, setup, certificate: certificateIn(certificateFile), body, message };
  return { limit: Math.round(seconds * packetsPerSecond), exchange, messages };
}

/** Stays in the call: who is to hang up until its media is through both ways, the other until that. */
async function conductCall(
  call: PhoneCall,
  options: UeOptions | CoreOptions,
  exchange: MessageExchange,
  stop: AbortSignal,
): Promise<void> {
  const { hold, seconds, hangUp = call.direction === 'originating' ? 'us' : 'peer' } = options;
  await orStopped(stop, Promise.race([call.media.path, call.ended]));
  let over = false;
  void call.ended.then(() => (over = true));
  const exchanged = exchange.run(call);
  // Awaited further down; what fails before must not end the process.
  exchanged.catch(() => undefined);
  if (hold) {
    await orStopped(stop, Promise.race([delay((seconds * 1000) / 2), call.ended]));
    await call.hold(true);
    await orStopped(stop, delay(holdTime));
    await call.hold(false);
  }
  if (options.drop !== undefined) {
    await orStopped(stop, exchanged);
    await dropAndTakeBack(call, options.drop, exchange, stop);
  }
  await orStopped(stop, exchanged);
  if (hangUp === 'peer') {
    await orStopped(stop, call.ended);
    await delay(drain);
    return;
  }
  await until(stop, () => over || call.media.audio.finished);
  const deadline = performance.now() + quietLimit;
  const isQuiet = () => call.media.audio.reports().length === 0 || (call.media.audio.silentFor ?? 0) > quiet;
  await until(stop, () => over || performance.now() > deadline || isQuiet());
}

/** By two re-INVITEs; what is sent by MSRP is sent again wherever the call has MSRP. */
async function dropAndTakeBack(
  call: PhoneCall,
  dropped: MediaKind,
  exchange: MessageExchange,
  stop: AbortSignal,
): Promise<void> {
  const all = call.media.wanted;
  await call.change(all.filter((kind) => kind !== dropped));
  if (dropped === 'message') await orStopped(stop, delay(holdTime));
  else await orStopped(stop, exchange.run(call));
  await call.change(all);
  await orStopped(stop, exchange.run(call));
}

function report(options: UeOptions | CoreOptions, { call, registered, error }: Run, observer: Observer): Report {
  const streams = call?.media.audio.reports() ?? [];
  const msrp = call?.media.messages.report() ?? null;
  const failure =
    error === undefined && call !== undefined && (streams.length > 0 || msrp === null) ? noMedia(streams) : error;
  const told = failure === undefined ? null : { code: codeOf(failure), message: messageOf(failure) };
  if (told !== null) observer({ event: 'error', ...told });
  const [first] = streams;
  const sum = (count: (stream: UeStreamReport) => number) =>
    streams.reduce((total, stream) => total + count(stream), 0);
  return {
    event: 'report',
    ok: told === null,
    role: options.role,
    direction: call?.direction ?? null,
    registered,
    path: first?.path ?? msrp?.path ?? null,
    setupMs: call?.setupMs ?? null,
    mediaMs: first?.mediaMs ?? null,
    sent: sum(({ sent }) => sent),
    received: sum(({ received }) => received),
    lost: sum(({ lost }) => lost),
    rtcpSent: sum(({ rtcpSent }) => rtcpSent),
    rtcpReceived: sum(({ rtcpReceived }) => rtcpReceived),
    rttMs: first?.rttMs ?? null,
    unansweredUdpChecks: sum(({ unansweredUdpChecks }) => unansweredUdpChecks),
    streams,
    msrp,
    error: told,
  };
}

function noMedia(streams: readonly { sent: number; received: number }[]): EdgeError | undefined {
  const silent = streams.find(({ sent, received }) => sent === 0 || received === 0);
  if (streams.length > 0 && silent === undefined) return undefined;
  const { sent, received } = silent ?? { sent: 0, received: 0 };
  return new EdgeError('no-media', `Media did not come through both ways: ${sent} packets sent, ${received} received.`);
}

function codeOf(error: unknown): string {
  return error instanceof EdgeError ? error.code : 'unexpected';
}

function messageOf(error: unknown): string {
  if (error instanceof EdgeError) return [error.message, error.help ?? ''].join(' ').trim();
  return error instanceof Error ? error.message : String(error);
}

async function until(stop: AbortSignal, condition: () => boolean): Promise<void> {
  while (!condition()) {
    if (stop.aborted) throw stopped();
    await delay(20);
  }
}

/** What is awaited, unless the user stops first. */
async function orStopped<T>(stop: AbortSignal, awaited: Promise<T>): Promise<T> {
  if (stop.aborted) throw stopped();
  const done = new AbortController();
  const aborted = once(stop, 'abort', { signal: done.signal }).then(() => {
    throw stopped();
  });
  return await Promise.race([awaited, aborted]).finally(() => done.abort());
}

function stopped(): EdgeError {
  return new EdgeError('stopped', 'Stopped before it was done.');
}

/** Our address on the route to the edge: nothing is sent. */
async function addressToward({ host, port }: { host: string; port: number }): Promise<string> {
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
  try {
    const connected = once(socket, 'connect');
    socket.connect(port, host);
    await connected;
    return socket.address().address;
  } catch (cause) {
    throw new EdgeError('edge-unreachable', `There is no route to the edge at ${host}.`, { cause });
  } finally {
    socket.close();
  }
}

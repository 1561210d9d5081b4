import { EdgeError } from '../../lib/errors';
import { monotonicNow } from '../../lib/ops/clock';
import { DemoCall } from './call';
import { FileProgress } from './file-progress';
import { Firewall } from './firewall';
import { readFlags, usage, type Flags } from './flags';
import { Narration } from './narration';
import { addresses, Network } from './network';
import { onStopSignal, signalStatus, type StopSignal } from '../stop-signals';
import { RandomFile } from './random-file';
import { demoResult, resultTable, type DemoResult } from './report';
import { pictureOf, wayOf } from './ways';
import { WorkFolder } from './work-folder';

async function main(): Promise<void> {
  // Whoever reads our output may go away first; what was laid out must still be taken away.
  process.stdout.on('error', () => undefined);
  process.stderr.on('error', () => undefined);
  let flags: Flags;
  try {
    flags = readFlags(process.argv.slice(2));
  } catch (error) {
    say(error);
    process.exitCode = 2;
    return;
  }
  if (flags.help) {
    process.stdout.write(usage);
    return;
  }
  if (process.getuid?.() !== 0) {
    say('The demo lays out network namespaces and a firewall, which needs root: run it as root or with sudo.');
    process.exitCode = 1;
    return;
  }
  try {
    const result = await demo(flags);
    process.stdout.write(`${flags.json ? JSON.stringify(result) : `\n${resultTable(result)}`}\n`);
    process.exitCode = result.ok ? 0 : 1;
  } catch (error) {
    // After a signal, what was under way fails because it was ended.
    if (interrupted) return;
    say(error);
    if (flags.json) process.stdout.write(`${JSON.stringify(failure(flags, error))}\n`);
    process.exitCode = 1;
  }
}

async function demo(flags: Flags): Promise<DemoResult> {
  const way = wayOf(flags);
  const output = flags.json ? process.stderr : process.stdout;
  const tell = (line: string) => {
    if (!interrupted) output.write(`${line}\n`);
  };
  const narration = new Narration(tell, monotonicNow, new FileProgress(output), way);
  Network.removeLeftovers();
  const network = new Network();
  const folder = new WorkFolder();
  process.once('exit', () => folder.close());
  const file = flags.media === 'audio' ? undefined : new RandomFile(folder);
  let call: DemoCall | undefined;
  endOnSignals(network, () => call);
  try {
    await network.lay();
    narration.tell(
      'network',
      `UE ${addresses.ue} ── firewall ── ${addresses.edgeAccess} edge ${addresses.edgeCore} ── ${addresses.core} core`,
    );
    const firewall = await Firewall.raise(network, flags.firewall);
    narration.tell('firewall', way.firewall);
    call = new DemoCall(network, firewall, folder, narration);
    const reports = await call.run(flags, file);
    const result = demoResult(flags, reports, await firewall.counts(), file);
    if (flags.client !== 'chromium' || !result.ok) return result;
    const screenshot = pictureOf(flags);
    narration.tell('UE', `left a picture of its phone: ${screenshot}`);
    return { ...result, screenshot };
  } finally {
    await call?.close();
    network.close();
  }
}

let interrupted = false;

/** The first signal ends the call's processes in order; a second one takes everything away at once. */
function endOnSignals(network: Network, call: () => DemoCall | undefined): void {
  const leave = (signal: StopSignal) => {
    network.close();
    process.exit(signalStatus[signal]);
  };
  onStopSignal((signal) => {
    interrupted = true;
    say(`Ended by ${signal}: taking the network down.`);
    void (call()?.close() ?? Promise.resolve()).finally(() => leave(signal));
  }, leave);
}

function failure(flags: Flags, error: unknown): DemoResult {
  const none = { sent: 0, received: 0 };
  return {
    ok: false,
    path: null,
    direction: flags.direction,
    setupMs: null,
    mediaMs: null,
    ueToCore: none,
    coreToUe: none,
    rtcp: { ueToCore: 0, coreToUe: 0 },
    firewallDropped: 0,
    firewall: { passed: {}, dropped: {} },
    error: error instanceof Error ? error.message : String(error),
  };
}

function say(what: unknown): void {
  const text =
    what instanceof EdgeError ? what.message : what instanceof Error ? (what.stack ?? what.message) : String(what);
  process.stderr.write(`edge80: ${text}\n`);
}

void main();

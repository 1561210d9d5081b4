import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { SelectedPair, Sound } from './client-media';
import { serveParent } from './remote-calls';

/*
 * Audio of GStreamer's webrtcbin, one call after the other; run by a NamespaceWorker in the UE's namespace. ICE,
 * DTLS-SRTP, jitter buffer and PCMU are its own.
 */

/** What the test may call here: as browser-page.js, as far as one needs for audio. */
export type WebrtcbinFunctions = typeof functions;

/** What the agent writes (webrtcbin-agent.py), one of these a line. */
interface Told {
  local?: string;
  heard?: string;
  selected?: SelectedPair;
}

/** Hz, and how many samples of the newest sound are kept. */
const sampleRate = 8000;
const kept = sampleRate / 4;

let agent: ChildProcessWithoutNullStreams | undefined;
let samples: number[] = [];
let selected: SelectedPair | undefined;
let described: (sdp: string) => void = () => undefined;

const functions = {
  /** @param program path of webrtcbin-agent.py */
  open(program: string, { frequency }: { frequency: number }): void {
    // Debian's bindings are there for Debian's Python alone.
    agent = spawn('/usr/bin/python3', [program, String(frequency)]);
    agent.stderr.pipe(process.stderr);
    createInterface({ input: agent.stdout }).on('line', (line) => hear(JSON.parse(line) as Told));
  },
  offer: (): Promise<string> => describe({ offer: true }),
  answer: (sdp: string): Promise<string> => describe({ remote: { type: 'offer', sdp } }),
  accept: (sdp: string): void => tell({ remote: { type: 'answer', sdp } }),
  heard: (): Sound => ({ sampleRate, pcm: Buffer.from(Int16Array.from(samples).buffer).toString('base64') }),
  pairs: (): SelectedPair[] => (selected ? [selected] : []),
  async close(): Promise<void> {
    const closing = agent;
    agent = undefined;
    samples = [];
    selected = undefined;
    if (closing === undefined) return;
    closing.stdin.end();
    if (closing.exitCode === null) await once(closing, 'exit');
  },
};

serveParent(functions);

/** Its description, once all candidates are in it. */
async function describe(message: object): Promise<string> {
  return await new Promise((resolve, reject) => {
    described = resolve;
    agent?.once('exit', (code) => reject(new Error(`webrtcbin ended (${String(code)})`)));
    tell(message);
  });
}

function tell(message: object): void {
  agent?.stdin.write(`${JSON.stringify(message)}\n`);
}

function hear(told: Told): void {
  if (told.local !== undefined) described(told.local);
  if (told.selected !== undefined) selected = told.selected;
  if (told.heard === undefined) return;
  const bytes = Buffer.from(told.heard, 'base64');
  for (let at = 0; at + 1 < bytes.length; at += 2) samples.push(bytes.readInt16LE(at));
  samples.splice(0, samples.length - kept);
}

import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { formatCandidate, parseCandidate } from '../../../lib/sdp/candidate';
import { readDescription, writeDescription } from '../../../lib/ue/description';
import { buildRtp, parseRtp } from '../../../lib/ue/rtp';
import { pcmu } from '../../../lib/ue/tone';
import type { ClientMedia, Heard, SelectedPair } from './client-media';
import { linear } from './mu-law';
import { Recording } from './recording';
import { tonePayload } from './tone-payload';

interface Gathered {
  ufrag: string;
  pwd: string;
  candidates: string[];
}

/** What the agent writes (nice-agent.py), one of these a line. */
type Told = Partial<Gathered> & { selected?: SelectedPair; received?: string };

/** ms of a packet. */
const interval = 20;

/** ICE and RFC 4571 frames by a real libnice; on it, RTP in PCMU that is made here. */
export class NiceMedia implements ClientMedia {
  readonly #address: string;
  readonly #agent: ChildProcessWithoutNullStreams;
  readonly #gathered: Promise<Gathered>;
  #recording = new Recording();
  readonly #frequency: number;
  readonly #ssrc = randomInt(2 ** 32);
  #pair: SelectedPair | undefined;
  #sending: NodeJS.Timeout | undefined;
  #sent = 0;

  /**
   * @param frequency of the tone that is sent, Hz
   * @param program path of nice-agent.py
   */
  constructor(frequency: number, address: string, program: string) {
    this.#frequency = frequency;
    this.#address = address;
    // Debian's bindings are there for Debian's Python alone.
    this.#agent = spawn('/usr/bin/python3', [program, address]);
    this.#agent.stderr.pipe(process.stderr);
    this.#gathered = new Promise((resolve, reject) => {
      createInterface({ input: this.#agent.stdout }).on('line', (line) =>
        this.#hear(JSON.parse(line) as Told, resolve),
      );
      this.#agent.once('exit', (code) => reject(new Error(`libnice ended (${String(code)})`)));
    });
  }

  async offer(): Promise<string> {
    return await this.#describe('RTP/AVP');
  }

  async answer(offer: string): Promise<string> {
    this.#connect(offer);
    return await this.#describe(readDescription(offer)[0]?.transport);
  }

  accept(answer: string): Promise<void> {
    this.#connect(answer);
    return Promise.resolve();
  }

  async listen(): Promise<Heard> {
    this.#recording = new Recording();
    const heard = await this.#recording.complete;
    return { ...heard, pairs: this.#pair ? [this.#pair] : [] };
  }

  async close(): Promise<void> {
    clearInterval(this.#sending);
    const exited = once(this.#agent, 'exit');
    this.#agent.stdin.end();
    await exited;
  }

  async #describe(transport = 'RTP/AVP'): Promise<string> {
    const { ufrag, pwd, candidates: lines } = await this.#gathered;
    const candidates = lines.map((line) => parseCandidate(line)).filter((candidate) => candidate !== undefined);
    const port = candidates.find((candidate) => candidate.transport === 'udp')?.port ?? 9;
    const ice = { ufrag, pwd, candidates };
    return writeDescription({
      ...{ address: this.#address, sessionId: this.#ssrc, version: 1 },
      streams: [{ kind: 'audio', port, direction: 'sendrecv', transport, ice }],
    });
  }

  #connect(sdp: string): void {
    const ice = readDescription(sdp)[0]?.ice;
    if (ice === undefined) throw new Error(`There is no ICE in:\n${sdp}`);
    const { ufrag, pwd } = ice;
    // A second component is for UEs without rtcp-mux.
    const candidates = ice.candidates.filter(({ component }) => component === 1).map((each) => formatCandidate(each));
    this.#tell({ remote: { ufrag, pwd, candidates } });
  }

  #hear(told: Told, gathered: (gathered: Gathered) => void): void {
    if (told.selected) {
      this.#pair = told.selected;
      this.#sending ??= this.#send();
    } else if (told.received !== undefined) {
      const packet = parseRtp(Buffer.from(told.received, 'base64'));
      if (packet?.payloadType === pcmu.payloadType)
        this.#recording.add(Int16Array.from(packet.payload, linear), pcmu.clockRate);
    } else gathered(told as Gathered);
  }

  /** A microphone: a packet each 20 ms, and what a late timer missed at once. */
  #send(): NodeJS.Timeout {
    const startedAt = performance.now();
    return setInterval(() => {
      for (; this.#sent * interval <= performance.now() - startedAt; this.#sent++)
        this.#tell({ send: this.#packet(this.#sent).toString('base64') });
    }, interval);
  }

  #packet(number: number): Buffer {
    const timestamp = number * pcmu.samplesPerPacket;
    const payload = tonePayload(this.#frequency, number);
    const { payloadType } = pcmu;
    return buildRtp({ payloadType, marker: number === 0, sequence: number, timestamp, ssrc: this.#ssrc, payload });
  }

  #tell(message: object): void {
    this.#agent.stdin.write(`${JSON.stringify(message)}\n`);
  }
}

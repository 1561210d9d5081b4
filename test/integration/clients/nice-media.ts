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

/** Of one that has ICE. */
interface Candidates {
  ufrag: string;
  pwd: string;
  candidates: string[];
}

/** Where it gets its media: by ICE, or at a relayed address. */
type Gathered = Candidates | { relayed: { address: string; port: number } };

/** What the agent writes (nice-agent.py), one of these a line. */
type Told = Partial<Candidates> & { relayed?: object; selected?: SelectedPair; received?: string };

/** ms of a packet. */
const interval = 20;

/** A TURN server on a port of the edge, by which alone media goes. */
export interface TurnServer {
  host: string;
  port: number;
  user: string;
  password: string;
  isSecure: boolean;
}

/** ICE by a real libnice or aioice, which a program of their language drives; on it, RTP in PCMU that is made here. */
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
   * @param program path of nice-agent.py, aioice-agent.py or relayed-agent.py
   */
  constructor(frequency: number, address: string, program: string, turn?: TurnServer) {
    this.#frequency = frequency;
    this.#address = address;
    // Debian's bindings are there for Debian's Python alone.
    const { host, port, user, password, isSecure } = turn ?? {};
    const server = turn ? [host, port, user, password, isSecure ? 'tls' : 'tcp'].map(String) : [];
    this.#agent = spawn('/usr/bin/python3', [program, address, ...server]);
    this.#agent.stderr.pipe(process.stderr);
    this.#gathered = new Promise((resolve, reject) => {
      createInterface({ input: this.#agent.stdout }).on('line', (line) =>
        this.#hear(JSON.parse(line) as Told, resolve),
      );
      this.#agent.once('exit', (code) => reject(new Error(`${program} ended (${String(code)})`)));
    });
  }

  async offer(): Promise<string> {
    return await this.#describe('RTP/AVP');
  }

  async answer(offer: string): Promise<string> {
    await this.#connect(offer);
    return await this.#describe(readDescription(offer)[0]?.transport);
  }

  async accept(answer: string): Promise<void> {
    await this.#connect(answer);
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
    const session = { sessionId: this.#ssrc, version: 1 };
    const audio = { kind: 'audio', direction: 'sendrecv', transport } as const;
    const gathered = await this.#gathered;
    if ('relayed' in gathered) {
      const { address, port } = gathered.relayed;
      return writeDescription({ address, ...session, streams: [{ ...audio, port }] });
    }
    const { ufrag, pwd, candidates: lines } = gathered;
    const candidates = lines.map((line) => parseCandidate(line)).filter((candidate) => candidate !== undefined);
    const { address, port } = candidates.find(({ transport }) => transport === 'udp') ?? {
      address: this.#address,
      port: 9,
    };
    const ice = { ufrag, pwd, candidates };
    return writeDescription({ address, ...session, streams: [{ ...audio, port, ice }] });
  }

  async #connect(sdp: string): Promise<void> {
    const { ice, rtp } = readDescription(sdp)[0] ?? {};
    if ('relayed' in (await this.#gathered)) {
      this.#tell({ remote: rtp ?? {} });
      return;
    }
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

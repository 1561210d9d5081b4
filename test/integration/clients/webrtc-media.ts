import { nonstandard, RTCPeerConnection } from '@roamhq/wrtc';
import type { ClientMedia, Heard, SelectedPair } from './client-media';
import { Recording } from './recording';

const { RTCAudioSink, RTCAudioSource, RTCVideoSource } = nonstandard;

/** Hz, and samples of the 10 ms that libwebrtc takes at once. */
const sampleRate = 48_000;
const block = sampleRate / 100;
const amplitude = 8000;

/** Audio of a real libwebrtc: ICE, DTLS-SRTP, jitter buffer and codecs are its own. */
export class WebrtcMedia implements ClientMedia {
  readonly #connection: RTCPeerConnection;
  readonly #source = new RTCAudioSource();
  #recording = new Recording();
  readonly #stops: (() => void)[] = [];
  #sent = 0;

  /**
   * @param frequency of the tone that is sent, Hz; it must fit into 10 ms a whole number of times
   * @param video a video line beside that of audio; no picture is sent on it
   * @param bundlePolicy which lines have a transport to offer: one of each kind, or one
   */
  constructor(frequency: number, video: boolean, bundlePolicy: RTCBundlePolicy = 'balanced') {
    this.#connection = new RTCPeerConnection({ bundlePolicy });
    for (const track of [this.#source.createTrack(), ...(video ? [new RTCVideoSource().createTrack()] : [])]) {
      this.#connection.addTrack(track);
      this.#stops.push(() => track.stop());
    }
    this.#connection.addEventListener('track', ({ track }) => {
      if (track.kind === 'audio') this.#hear(track);
    });
    this.#send(frequency);
  }

  async offer(): Promise<string> {
    await this.#connection.setLocalDescription(await this.#connection.createOffer());
    return await this.#gathered();
  }

  async answer(offer: string): Promise<string> {
    await this.#connection.setRemoteDescription({ type: 'offer', sdp: offer });
    await this.#connection.setLocalDescription(await this.#connection.createAnswer());
    return await this.#gathered();
  }

  async accept(answer: string): Promise<void> {
    await this.#connection.setRemoteDescription({ type: 'answer', sdp: answer });
  }

  /** Resolves with the first sound of the far end. */
  async firstSound(): Promise<void> {
    await this.#recording.begun;
  }

  async listen(): Promise<Heard> {
    this.#recording = new Recording();
    const heard = await this.#recording.complete;
    await this.#reached('connectionstatechange', ({ connectionState }) => connectionState === 'connected');
    return { ...heard, pairs: await this.#pairs() };
  }

  close(): void {
    for (const stop of this.#stops.splice(0)) stop();
    this.#connection.close();
  }

  /** libwebrtc trickles; the edge is given all candidates at once (RFC 8838 §16, no trickling). */
  async #gathered(): Promise<string> {
    await this.#reached('icegatheringstatechange', ({ iceGatheringState }) => iceGatheringState === 'complete');
    return this.#connection.localDescription?.sdp ?? '';
  }

  async #reached(event: string, isReached: (connection: RTCPeerConnection) => boolean): Promise<void> {
    const connection = this.#connection;
    await new Promise<void>((resolve) => {
      const look = () => {
        if (isReached(connection)) resolve();
      };
      connection.addEventListener(event, look);
      look();
    });
  }

  #hear(track: MediaStreamTrack): void {
    const sink = new RTCAudioSink(track);
    sink.ondata = ({ samples, sampleRate: rate }: { samples: Int16Array; sampleRate: number }) =>
      this.#recording.add(samples, rate);
    this.#stops.push(() => sink.stop());
  }

  /** A microphone: 10 ms at a time, and what a late timer missed at once. */
  #send(frequency: number): void {
    const samples = Int16Array.from({ length: block }, (_, n) =>
      Math.round(amplitude * Math.sin((2 * Math.PI * frequency * n) / sampleRate)),
    );
    const startedAt = performance.now();
    const timer = setInterval(() => {
      for (; this.#sent * 10 <= performance.now() - startedAt; this.#sent++)
        this.#source.onData({ samples, sampleRate });
    }, 10);
    this.#stops.push(() => clearInterval(timer));
  }

  async #pairs(): Promise<SelectedPair[]> {
    const stats = new Map<string, Record<string, unknown>>();
    (await this.#connection.getStats()).forEach((entry: { id: string }) => stats.set(entry.id, { ...entry }));
    const transports = [...stats.values()].filter(({ type }) => type === 'transport');
    return transports.flatMap((transport) => {
      const pair = stats.get(String(transport['selectedCandidatePairId']));
      const remote = stats.get(String(pair?.['remoteCandidateId']));
      if (remote === undefined) return [];
      const { protocol, address, ip, port } = remote;
      return [{ transport: protocol === 'tcp' ? 'tcp' : 'udp', remote: `${String(address ?? ip)}:${String(port)}` }];
    });
  }
}

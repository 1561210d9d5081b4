import { randomInt } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { checkTiming } from '../../lib/ue/check-list';
import { readDescription, writeDescription } from '../../lib/ue/description';
import { IceSession } from '../../lib/ue/ice-session';
import { MediaSession } from '../../lib/ue/media-session';
import type { ClientMedia } from '../../test/integration/clients/client-media';
import type { Certificate } from './dtls-server';
import { DtlsServer } from './dtls-server';
import { SrtpSender } from './srtp';

/** How long a UE would wait for a better pair is its own affair: this one nominates the first that is valid. */
const timing = { ...checkTiming, nominationDelay: 0 };

/** Audio of a UE with ICE over UDP and TCP, as RTP or, with a certificate, as SRTP behind a DTLS handshake of OpenSSL. */
export class IceMedia extends EventEmitter<{ heard: [] }> implements Pick<ClientMedia, 'offer' | 'accept' | 'close'> {
  readonly #address: string;
  readonly #transport: IceSession;
  readonly #certificate: Certificate | undefined;
  readonly #dtls: DtlsServer | undefined;
  readonly #session: MediaSession;
  #srtp: SrtpSender | undefined;
  /** Resolves when there is a path: nothing can be sent before. */
  #path: Promise<void> = Promise.resolve();

  private constructor(address: string, transport: IceSession, certificate?: Certificate, dtls?: DtlsServer) {
    super();
    this.#address = address;
    this.#transport = transport;
    this.#certificate = certificate;
    this.#dtls = dtls;
    const send = (packet: Buffer) => this.#transport.send(0, packet);
    // No RTCP: it would have to be protected in its own way, and nobody waits for it.
    this.#session = new MediaSession({
      sendRtp: (packet) => send(this.#srtp?.protect(packet) ?? packet),
      sendRtcp: () => true,
    });
    dtls?.on('sent', send);
    dtls?.on('up', (material) => {
      this.#srtp = SrtpSender.ofServer(material);
      this.#session.startSending();
    });
  }

  static async open(address: string, certificate?: Certificate): Promise<IceMedia> {
    let received: (packet: Buffer) => void = () => undefined;
    const packet = (_line: number, bytes: Buffer) => received(bytes);
    const dtls = certificate && (await DtlsServer.start(certificate));
    const carries = { packet };
    const transport = await IceSession.open({ address, lines: [0], carries, observer: () => undefined, timing });
    const media = new IceMedia(address, transport, certificate, dtls);
    received = (bytes) => media.#received(bytes);
    return media;
  }

  offer(): Promise<string> {
    const transport = this.#certificate ? 'UDP/TLS/RTP/SAVPF' : 'RTP/AVP';
    const stream = { kind: 'audio', direction: 'sendrecv', transport, ...this.#transport.local(0) } as const;
    const offer = writeDescription({
      ...{ address: this.#address, sessionId: randomInt(1, 2 ** 40), version: 1 },
      streams: [stream],
    });
    const keys = this.#certificate && `a=fingerprint:${this.#certificate.fingerprint}\r\na=setup:actpass\r\n`;
    return Promise.resolve(offer + (keys ?? ''));
  }

  accept(answer: string): Promise<void> {
    this.#path = this.#transport.connect(readDescription(answer));
    this.#onPath(() => {
      if (this.#dtls === undefined) this.#session.startSending();
    });
    return Promise.resolve();
  }

  close(): void {
    this.#session.close();
    this.#transport.close();
    this.#dtls?.close();
  }

  /** By its first byte (RFC 7983 §7). */
  #received(packet: Buffer): void {
    const [first = 0] = packet;
    if (first >= 128) this.emit('heard');
    else if (first >= 20 && first <= 63) this.#onPath(() => this.#dtls?.received(packet));
  }

  #onPath(act: () => void): void {
    // Without one the call stays silent, which is counted.
    this.#path.then(act, () => undefined);
  }
}

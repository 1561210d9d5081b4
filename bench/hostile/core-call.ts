import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { MediaSession } from '../../lib/ue/media-session';
import { isRtcp } from '../../lib/ue/rtp';
import type { SipMessage } from '../../lib/wire/sip-message';
import { marks, StampedSound } from './stamped-sound';

/** What the core saw of a call, in RTP packets. */
export interface CoreCallReport {
  /** The user that called. */
  user: string;
  sent: number;
  received: number;
}

/** A call that the core answers: media from when the UE is heard until it says that it is about to end. */
export class CoreCall {
  /** Our answer. */
  readonly sdp: Promise<string>;
  readonly #socket: Socket = createSocket('udp4');
  readonly #session: MediaSession;
  readonly #user: string;

  /** @param delays takes how long the UE's media was on its way, in ms, within the measured time */
  constructor(host: string, invite: SipMessage, delays: number[]) {
    this.#user = /sips?:([^@;>]+)@/.exec(invite.get('from') ?? '')?.[1] ?? '';
    const address = /^c=IN IP4 (\S+)/m.exec(invite.body)?.[1] ?? '';
    const port = Number(/^m=audio (\d+)/m.exec(invite.body)?.[1]);
    const send = (packet: Buffer) => {
      this.#socket.send(packet, port, address);
      return true;
    };
    const sound = new StampedSound((delay, mark) => {
      if (mark === marks.measured) delays.push(delay);
      if (mark === marks.last) this.#session.stopSending();
    });
    // No RTCP: what is counted is RTP.
    this.#session = new MediaSession({ sendRtp: send, sendRtcp: () => true, sound });
    this.#session.on('heard', () => this.#session.startSending());
    this.#socket.on('error', () => undefined);
    this.#socket.on('message', (packet) => {
      if (!isRtcp(packet)) this.#session.receive(packet);
    });
    this.sdp = this.#open(host);
  }

  end(): CoreCallReport {
    const { sent, received } = this.#session.counts;
    this.#session.close();
    this.#socket.close();
    return { user: this.#user, sent, received };
  }

  async #open(host: string): Promise<string> {
    this.#socket.bind(0, host);
    await once(this.#socket, 'listening');
    const lines = [
      ...['v=0', `o=core 1 1 IN IP4 ${host}`, 's=-', `c=IN IP4 ${host}`, 't=0 0'],
      ...[`m=audio ${this.#socket.address().port} RTP/AVP 0`, 'a=sendrecv'],
    ];
    return `${lines.join('\r\n')}\r\n`;
  }
}

import { once } from 'node:events';
import { WebSocket } from 'ws';
import { parse, type Message } from '../sip/sip-peer';

/** A UE that speaks SIP over WebSocket (RFC 7118), with all that it received. */
export class WebSocketUe {
  readonly socket: WebSocket;
  readonly frames: { text: string; isBinary: boolean }[] = [];
  readonly #waiting: (() => void)[] = [];
  /** The close code. */
  readonly closed: Promise<number>;

  private constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on('error', () => undefined);
    socket.on('message', (message: Buffer, isBinary: boolean) => {
      this.frames.push({ text: message.toString('latin1'), isBinary });
      this.#waiting.shift()?.();
    });
    this.closed = new Promise((resolve) => socket.once('close', resolve));
  }

  /** @throws what the server answers instead, as ws says it */
  static async connect(port: number, isSecure = false, headers: Record<string, string> = {}): Promise<WebSocketUe> {
    const url = `${isSecure ? 'wss' : 'ws'}://127.0.0.1:${port}/`;
    const socket = new WebSocket(url, 'sip', { rejectUnauthorized: false, headers });
    await once(socket, 'open');
    return new WebSocketUe(socket);
  }

  send(text: string | Buffer): void {
    this.socket.send(text);
  }

  /** The next frame that was not asked for before. */
  async frame(): Promise<{ text: string; isBinary: boolean }> {
    if (this.frames.length === 0) await new Promise<void>((came) => this.#waiting.push(came));
    return this.frames.shift() ?? { text: '', isBinary: false };
  }

  async next(): Promise<Message> {
    return parse((await this.frame()).text);
  }
}

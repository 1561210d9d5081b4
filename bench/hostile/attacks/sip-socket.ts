import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { StreamFramer } from '../../../lib/wire/stream-framer';
import { domain } from '../users';
import type { Target } from './attack';
import { dial } from './crowd';

export interface RequestParts {
  method: string;
  uri: string;
  user: string;
  headers?: readonly string[];
  body?: string;
}

export interface InDialogParts {
  method: string;
  cseq: number;
  headers?: readonly string[];
  body?: string;
}

/** SIP of an attacker over one connection: requests from templates, and only as much of the answers as is counted. */
export class SipSocket {
  readonly socket: Socket;
  readonly #source: string;
  readonly #waiting = new Map<string, (status: number, text: string) => void>();

  constructor(target: Target, port: number, source: string) {
    this.#source = source;
    this.socket = dial(target, port, source);
    const framer = new StreamFramer();
    this.socket.on('data', (chunk) => {
      for (const unit of framer.push(chunk)) if (unit.kind === 'message') this.#take(target, unit.text);
    });
  }

  get isOpen(): boolean {
    return !this.socket.destroyed;
  }

  /** Sends a request that nobody waits for; its answers are counted. */
  send(request: RequestParts): void {
    if (this.socket.writableLength < maxUnsent) this.socket.write(this.#text(request, newId()), 'latin1');
  }

  /** Resolves with the final answer. Rejects if the connection ends first. */
  request(request: RequestParts): Promise<{ status: number; text: string }> {
    const id = newId();
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, (status, text) => {
        if (status < 200) return;
        this.#waiting.delete(id);
        resolve({ status, text });
      });
      this.socket.once('close', () => reject(new Error('The connection was closed.')));
      this.socket.write(this.#text(request, id), 'latin1');
    });
  }

  /** A request in the dialog that the 200 to an INVITE made; one that nobody waits for. */
  inDialog(answer: string, { method, cseq, headers = [], body = '' }: InDialogParts): void {
    if (this.socket.writableLength >= maxUnsent) return;
    const line = (name: string) => new RegExp(`^${name}:.*$`, 'im').exec(answer)?.[0] ?? '';
    const uri = /^contact:.*<([^>]+)>/im.exec(answer)?.[1] ?? '';
    const [to, from, call] = ['to', 'from', 'call-id'].map(line);
    const lines = [`${method} ${uri} SIP/2.0`, this.#via(newId()), 'Max-Forwards: 70', from, to, call];
    const rest = [`CSeq: ${cseq} ${method}`, this.contact('league'), ...headers, `Content-Length: ${body.length}`];
    this.socket.write(`${[...lines, ...rest].join('\r\n')}\r\n\r\n${body}`, 'latin1');
  }

  contact(user: string): string {
    return `Contact: <sip:${user}@${this.#source}:5060;transport=tcp>`;
  }

  #take(target: Target, text: string): void {
    const status = Number(/^SIP\/2\.0 (\d{3})/.exec(text)?.[1]);
    if (Number.isNaN(status)) return;
    if (status >= 200) target.count(`answered ${status}`);
    if (this.#waiting.size === 0) return;
    const id = /^call-id: *(\S+)/im.exec(text)?.[1] ?? '';
    this.#waiting.get(id)?.(status, text);
  }

  #via(id: string): string {
    return `Via: SIP/2.0/TCP ${this.#source}:5060;rport;branch=z9hG4bK${id}`;
  }

  #text({ method, uri, user, headers = [], body = '' }: RequestParts, id: string): string {
    const lines = [
      `${method} ${uri} SIP/2.0`,
      this.#via(id),
      'Max-Forwards: 70',
      `From: <sip:${user}@${domain}>;tag=${id}`,
      `To: <${method === 'REGISTER' ? `sip:${user}@${domain}` : uri}>`,
      `Call-ID: ${id}`,
      `CSeq: 1 ${method}`,
      this.contact(user),
      ...headers,
      `Content-Length: ${body.length}`,
    ];
    return `${lines.join('\r\n')}\r\n\r\n${body}`;
  }
}

/** Bytes: an attacker whose requests are not taken does not fill its own memory. */
const maxUnsent = 256 * 1024;

function newId(): string {
  return randomBytes(8).toString('hex');
}

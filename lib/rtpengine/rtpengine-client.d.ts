/** What is used of the package, which has no types of its own. */
declare module 'rtpengine-client' {
  import type { EventEmitter } from 'node:events';
  import type { Socket } from 'node:dgram';

  type Callback = (error: unknown, reply?: unknown) => void;
  type Command = (node: { host: string; port: number }, options: object) => Promise<unknown>;

  export class Client extends EventEmitter {
    constructor(options: { timeout: number; localAddress?: string });
    /** Throws if the datagram is none of rtpengine's: cookie, space, bencoded reply. */
    static decodeMessage(datagram: Buffer): { id: string; data: unknown };
    static encodeMessage(cookie: string, reply: object): Buffer;
    readonly socket: Socket;
    /** The requests that wait for a reply, by cookie. */
    readonly messages: Map<string, Callback>;
    readonly timers: Map<string, NodeJS.Timeout>;
    ping: Command;
    offer: Command;
    answer: Command;
    delete: Command;
    query: Command;
    close(): void;
    _onParsedMessage(reply: { id: string; data: unknown }): void;
  }
}

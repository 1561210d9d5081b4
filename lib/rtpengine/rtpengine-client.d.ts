/** What is used of the package, which has no types of its own. */
declare module 'rtpengine-client' {
  type Command = (node: { host: string; port: number }, options: object) => Promise<unknown>;

  /** Its own client, over UDP; edge80 uses its messages alone. */
  export class Client {
    constructor(options: { timeout: number; localAddress?: string });
    /** Throws if the message is none of rtpengine's: a cookie of 36 characters, a space, a bencoded reply. */
    static decodeMessage(message: Buffer): { id: string; data: unknown };
    static encodeMessage(cookie: string, command: object): Buffer;
    on(event: 'error', listener: (error: unknown) => void): this;
    offer: Command;
    answer: Command;
    delete: Command;
  }
}

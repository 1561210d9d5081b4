import { PrefixedJson } from './prefixed-json';

type Reply = [type: 1, id: number, error: { message: string } | null, result: Record<string, unknown> | null];

/** Firefox's own remote protocol: `123:[0,1,"WebDriver:NewSession",{}]`. */
export class Marionette {
  readonly #pending = new Map<number, (reply: Reply) => void>();
  #link: PrefixedJson | undefined;
  #commands = 0;

  /** Connects as soon as Firefox listens there, on loopback. */
  static async open(port: number): Promise<Marionette> {
    const marionette = new Marionette();
    marionette.#link = await PrefixedJson.open(port, (message) => marionette.#receive(message));
    return marionette;
  }

  async command(name: string, parameters: object = {}): Promise<Record<string, unknown>> {
    const id = ++this.#commands;
    this.#link?.send([0, id, name, parameters]);
    const [, , error, result] = await new Promise<Reply>((resolve) => this.#pending.set(id, resolve));
    if (error !== null) throw new Error(`${name}: ${error.message}`);
    return result ?? {};
  }

  #receive(message: unknown): void {
    // The first one is no reply: it says who speaks.
    if (!Array.isArray(message)) return;
    const reply = message as Reply;
    this.#pending.get(reply[1])?.(reply);
    this.#pending.delete(reply[1]);
  }
}

import { PrefixedJson } from './prefixed-json';

interface Response {
  response: true;
  ok: boolean;
  data: string;
  token: string;
}

/** What happened to its registration or call: `REGISTER_OK`, `CALL_INCOMING`, `CALL_ESTABLISHED` … */
interface Event {
  event: true;
  type: string;
}

/** The remote protocol of baresip's module ctrl_tcp: netstrings of JSON. */
export class BaresipControl {
  readonly #pending = new Map<string, (response: Response) => void>();
  /** Events that nobody has waited for yet, and who waits for those to come, by type. */
  readonly #come: string[] = [];
  readonly #waiting: { type: string; resolve: () => void }[] = [];
  #link: PrefixedJson | undefined;
  #commands = 0;

  /** Connects as soon as baresip listens there, on loopback. */
  static async open(port: number): Promise<BaresipControl> {
    const control = new BaresipControl();
    control.#link = await PrefixedJson.open(port, (message) => control.#receive(message as Response | Event), ',');
    return control;
  }

  async command(command: string, params = ''): Promise<void> {
    const token = String(++this.#commands);
    this.#link?.send({ command, params, token });
    const { ok, data } = await new Promise<Response>((resolve) => this.#pending.set(token, resolve));
    if (!ok) throw new Error(`baresip refused ${command} ${params}: ${data}`);
  }

  /** Resolves with the next event of a type, or with one that has come and was not waited for. */
  async event(type: string): Promise<void> {
    const at = this.#come.indexOf(type);
    if (at >= 0) this.#come.splice(at, 1);
    else await new Promise<void>((resolve) => this.#waiting.push({ type, resolve }));
  }

  close(): void {
    this.#link?.close();
  }

  #receive(message: Response | Event): void {
    if ('response' in message) {
      this.#pending.get(message.token)?.(message);
      this.#pending.delete(message.token);
      return;
    }
    const at = this.#waiting.findIndex(({ type }) => type === message.type);
    if (at < 0) this.#come.push(message.type);
    else for (const { resolve } of this.#waiting.splice(at, 1)) resolve();
  }
}

/** Functions of this process that the other end of an IPC channel may call, and the other way round. */
export type Functions = Readonly<Record<string, (...args: never[]) => unknown>>;

type Message = { id: number; name: string; args: never[] } | { id: number; result?: unknown; failure?: string };

interface Pending {
  resolve: (result: never) => void;
  reject: (error: Error) => void;
}

/** Calls between two processes, both ways, over messages that are sent by `send` and handed to `receive`. */
export class RemoteCalls<Theirs extends Functions> {
  readonly #ours: Functions;
  readonly #send: (message: object) => void;
  readonly #pending = new Map<number, Pending>();
  #calls = 0;

  constructor(ours: Functions, send: (message: object) => void) {
    this.#ours = ours;
    this.#send = send;
  }

  async call<Name extends keyof Theirs & string>(
    name: Name,
    ...args: Parameters<Theirs[Name]>
  ): Promise<Awaited<ReturnType<Theirs[Name]>>> {
    const id = ++this.#calls;
    return await new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      this.#send({ id, name, args });
    });
  }

  receive(message: unknown): void {
    const said = message as Message;
    if ('name' in said) {
      void this.#serve(said);
      return;
    }
    const pending = this.#pending.get(said.id);
    this.#pending.delete(said.id);
    if (said.failure === undefined) pending?.resolve(said.result as never);
    else pending?.reject(new Error(said.failure));
  }

  /** Rejects all that is unanswered. */
  end(why: string): void {
    for (const { reject } of this.#pending.values()) reject(new Error(why));
    this.#pending.clear();
  }

  async #serve({ id, name, args }: Extract<Message, { name: string }>): Promise<void> {
    try {
      const serve = this.#ours[name];
      if (serve === undefined) throw new Error(`There is no ${name}`);
      this.#send({ id, result: await serve(...args) });
    } catch (error) {
      this.#send({ id, failure: String(error instanceof Error ? error.stack : error) });
    }
  }
}

/** The end of a program that a NamespaceWorker started; the program ends with the test. */
export function serveParent<Theirs extends Functions>(ours: Functions): RemoteCalls<Theirs> {
  const calls = new RemoteCalls<Theirs>(ours, (message) => process.send?.(message));
  process.on('message', (message) => calls.receive(message));
  process.on('disconnect', () => process.exit(0));
  return calls;
}

import { EdgeError } from '../../lib/errors';

/** What has to be closed again. */
interface Closable {
  close(): void | Promise<void>;
}

/** What a role has opened so far: it is closed in the opposite order. */
export class Opened {
  readonly #opened: Closable[] = [];
  #isClosed = false;

  /** @throws EdgeError `shutting-down` where all is closed already; then `opened` is, too. */
  keep<T extends Closable>(opened: T): T {
    if (this.#isClosed) {
      void opened.close();
      throw new EdgeError('shutting-down', 'The edge was stopped while it started.');
    }
    this.#opened.push(opened);
    return opened;
  }

  /** May be called twice, and while something is being opened. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const opened of this.#opened.splice(0).reverse()) await opened.close();
  }
}

/** What goes wrong names the setting that it is about. */
export async function opening<T>(setting: string, opened: T | Promise<T>): Promise<T> {
  try {
    return await opened;
  } catch (error) {
    if (!(error instanceof EdgeError)) throw error;
    throw new EdgeError(error.code, `${setting}: ${error.message}`, { cause: error });
  }
}

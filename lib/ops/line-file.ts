import { once } from 'node:events';
import { open } from 'node:fs/promises';
import { pino } from 'pino';
import { EdgeError } from '../errors';
import type { Logger } from './logger';
import { OccasionalLog } from './occasional-log';

/** Bytes that may wait for a disk that is slow or full; what comes then is lost. */
const mostWaiting = 4_194_304;

/** Who reads standard output may have stopped: the end of the process waits no longer, ms. */
const lastWriteMs = 1000;

/** A file, or standard output, that gets lines, and may be moved away while it does. */
export class LineFile {
  readonly #place: string;
  readonly #log: OccasionalLog;
  readonly #file: ReturnType<typeof pino.destination>;
  #isClosed = false;

  /**
   * Rejects with `config-invalid` where it cannot be written.
   * @param place path, or `-` for standard output
   */
  static async open(place: string, logger: Logger): Promise<LineFile> {
    if (place === '-') return new LineFile(place, logger);
    await mustBeWritable(place);
    const file = new LineFile(place, logger);
    await once(file.#file, 'ready');
    return file;
  }

  private constructor(place: string, logger: Logger) {
    this.#place = place;
    this.#log = new OccasionalLog(logger);
    this.#file = pino.destination({ dest: place === '-' ? 1 : place, sync: false, maxLength: mostWaiting });
    this.#file.on('error', (error: Error) => this.#failed(error));
    this.#file.on('drop', () =>
      this.#log.error({ file: place }, 'call records are lost: they cannot be written as fast'),
    );
  }

  write(line: string): void {
    this.#file.write(line);
  }

  /** Opens the file again by its name: what had it was moved away. Rejects as `open` does; the old one stays then. */
  async reopen(): Promise<void> {
    if (this.#place === '-') return;
    await mustBeWritable(this.#place);
    this.#file.reopen();
  }

  /** Resolves when all is written, as far as it can be; may be called twice. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await new Promise<void>((resolve) => {
      setTimeout(resolve, lastWriteMs).unref();
      this.#file.once('close', resolve);
      this.#file.once('error', () => resolve());
      this.#file.end();
    });
  }

  #failed(error: Error): void {
    this.#log.error({ file: this.#place, err: error }, 'call records cannot be written');
  }
}

async function mustBeWritable(place: string): Promise<void> {
  try {
    await (await open(place, 'a', 0o640)).close();
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? 'unknown error';
    throw new EdgeError('config-invalid', `${place} cannot be written (${code}).`, { cause });
  }
}

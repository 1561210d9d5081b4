import type { Logger } from './logger';

/** How long lines with one message are gathered after the first, in ms. */
const defaultInterval = 10_000;

interface Gathered {
  /** Left out since the last line. */
  count: number;
  last: object;
  level: 'info' | 'warn' | 'error';
}

/**
 * A log for lines that strangers can cause (N7). Of each message the first is written at once; those that follow within
 * the interval become one line at its end, with the fields of the last and, as `times`, how many they were.
 * Messages are the code's own, hence few; what strangers send belongs into the fields.
 */
export class OccasionalLog {
  readonly #logger: Logger;
  readonly #interval: number;
  readonly #gathered = new Map<string, Gathered>();

  constructor(logger: Logger, interval = defaultInterval) {
    this.#logger = logger;
    this.#interval = interval;
  }

  info(fields: object, message: string): void {
    this.#write('info', fields, message);
  }

  warn(fields: object, message: string): void {
    this.#write('warn', fields, message);
  }

  error(fields: object, message: string): void {
    this.#write('error', fields, message);
  }

  #write(level: Gathered['level'], fields: object, message: string): void {
    const gathered = this.#gathered.get(message);
    if (gathered !== undefined) {
      Object.assign(gathered, { count: gathered.count + 1, last: fields, level });
      return;
    }
    this.#logger[level](fields, message);
    this.#gathered.set(message, { count: 0, last: fields, level });
    this.#wait(message);
  }

  #wait(message: string): void {
    setTimeout(() => this.#tell(message), this.#interval).unref();
  }

  #tell(message: string): void {
    const { count, last, level } = this.#gathered.get(message) ?? { count: 0, last: {}, level: 'info' };
    if (count === 0) {
      this.#gathered.delete(message);
      return;
    }
    this.#logger[level]({ ...last, times: count }, message);
    this.#gathered.set(message, { count: 0, last: {}, level });
    this.#wait(message);
  }
}

import type { Logger } from './logger';

/** How long lines of one kind are gathered after the first, in ms. */
const defaultInterval = 10_000;

/** Kinds that are told apart at a time. */
const mostKinds = 1000;

interface Gathered {
  /** Left out since the last line. */
  count: number;
  last: object;
  message: string;
  level: 'info' | 'warn' | 'error';
}

/**
 * A log for lines that strangers can cause (N7). Of each kind the first is written at once; those that follow within
 * the interval become one line at its end, with message and fields of the last and, as `times`, how many they were.
 * The kind is the message, unless another is given: messages are the code's own, hence few, and what strangers send
 * belongs into the fields. A kind may be of one call, say; where there are too many, the message tells them apart.
 */
export class OccasionalLog {
  readonly #logger: Logger;
  readonly #interval: number;
  readonly #gathered = new Map<string, Gathered>();

  constructor(logger: Logger, interval = defaultInterval) {
    this.#logger = logger;
    this.#interval = interval;
  }

  info(fields: object, message: string, kind = message): void {
    this.#write('info', fields, message, kind);
  }

  warn(fields: object, message: string, kind = message): void {
    this.#write('warn', fields, message, kind);
  }

  error(fields: object, message: string, kind = message): void {
    this.#write('error', fields, message, kind);
  }

  #write(level: Gathered['level'], fields: object, message: string, wanted: string): void {
    const kind = this.#gathered.size < mostKinds ? wanted : message;
    const gathered = this.#gathered.get(wanted) ?? this.#gathered.get(kind);
    if (gathered !== undefined) {
      Object.assign(gathered, { count: gathered.count + 1, last: fields, message, level });
      return;
    }
    this.#logger[level](fields, message);
    this.#gathered.set(kind, { count: 0, last: {}, message, level });
    this.#wait(kind);
  }

  #wait(kind: string): void {
    setTimeout(() => this.#tell(kind), this.#interval).unref();
  }

  #tell(kind: string): void {
    const gathered = this.#gathered.get(kind);
    if (gathered === undefined || gathered.count === 0) {
      this.#gathered.delete(kind);
      return;
    }
    const { count, last, message, level } = gathered;
    this.#logger[level]({ ...last, times: count }, message);
    Object.assign(gathered, { count: 0, last: {} });
    this.#wait(kind);
  }
}

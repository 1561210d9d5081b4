import type { IncomingRequest, ResponseSender } from '../drachtio/messages';
import { EdgeError, type ErrorCode } from '../errors';
import { OccasionalLog } from '../ops/occasional-log';
import type { Logger } from '../ops/logger';
import { Tally } from '../ops/tally';
import { EmergencyRefused } from './emergency';
import { unmetOptions } from './request-admission';
import { reply, finalStatusOf } from './final-status';

/** Why a request was refused: `unforeseen` is a fault of ours. */
export type Refused = ErrorCode | 'unforeseen';

/** Answers requests that are not served, and says why where an operator has something to mend. */
export class Refusals {
  readonly #agent: string;
  readonly #logger: Logger;
  readonly #occasionally: OccasionalLog;
  readonly #refused = new Tally<Refused>();

  /** `agent`: how this edge names itself in a Warning. */
  constructor(agent: string, logger: Logger) {
    this.#agent = agent;
    this.#logger = logger;
    this.#occasionally = new OccasionalLog(logger);
  }

  counts(): Readonly<Partial<Record<Refused, number>>> {
    return this.#refused.counts();
  }

  refuse(request: IncomingRequest, response: ResponseSender, error: unknown): void {
    const final = finalStatusOf(error, this.#agent);
    this.#refused.add(error instanceof EdgeError ? error.code : 'unforeseen');
    if (final.status === 420) final.headers['Unsupported'] = unmetOptions(request).join(', ');
    if (error instanceof EmergencyRefused) {
      final.headers['Content-Type'] = error.contentType;
      final.body = error.body;
    }
    this.#tell(request, error, final.status);
    reply(response, final);
  }

  /** What any stranger can make us say must not fill the log, nor hide what an operator has to mend. */
  #tell({ method, uri, source_address: source }: IncomingRequest, error: unknown, status: number): void {
    const about = { method, uri, source, status };
    if (!(error instanceof EdgeError)) this.#occasionally.error({ ...about, err: error }, 'request failed');
    else if (status >= 500 || error.code === 'sip-same-dialog')
      this.#occasionally.warn({ ...about, help: error.help }, error.message, error.code);
    else this.#logger.debug(about, error.message);
  }
}

import { withResolvers } from '../with-resolvers';
import type { Srf } from './srf';

/**
 * Holds the final response to an INVITE back while a reliable provisional one has no PRACK. drachtio-server 0.9.10 dies of a
 * final response other than 2xx then [04c], be it one of its own: so it must get none before its own timer has ended,
 * 64·T1 after such a response (RFC 3262 §3).
 */
export class FinalGate {
  /** Resolves when the PRACK is answered, when it is not to be waited for any more, or when the link is lost. */
  readonly opened: Promise<void>;
  /** The PRACK is answered, or the server has sent the final response itself. */
  readonly open: () => void;

  /** @param givenUpMs until the server has given up */
  constructor(srf: Srf, givenUpMs: number) {
    const { promise, resolve } = withResolvers();
    this.opened = promise;
    this.open = () => {
      clearTimeout(givenUp);
      srf.off('disconnect', this.open);
      resolve();
    };
    const givenUp = setTimeout(this.open, givenUpMs);
    srf.on('disconnect', this.open);
  }
}

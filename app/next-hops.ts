import type { EgressRelay } from '../lib/egress/egress-relay';
import type { Logger } from '../lib/ops/logger';

/** Warns of next hops whose names do not resolve, by setting. Each may resolve later, so nothing is held up by it. */
export function warnOfLostHops(
  hops: Readonly<Record<string, string | undefined>>,
  egress: Pick<EgressRelay, 'find'>,
  logger: Logger,
): void {
  for (const [setting, nextHop] of Object.entries(hops)) {
    if (nextHop === undefined) continue;
    egress.find(nextHop, (isFound) => {
      if (!isFound)
        logger.warn({ setting, nextHop }, `${setting} does not resolve: requests to it get 503 until it does`);
    });
  }
}

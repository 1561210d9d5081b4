import type { CallTable } from '../calls/call-table';
import type { Logger } from '../ops/logger';
import type { Intake } from './intake';
import type { SipEdge } from './sip-edge';
import type { Subscriptions } from './subscriptions';
import type { UeConnections } from './ue-connections';

export interface LinkSurroundings {
  edge: SipEdge;
  calls: CallTable;
  subscriptions: Subscriptions;
  connections: UeConnections;
  intake: Intake;
  logger: Logger;
}

/** What becomes of calls and subscriptions when the link to the SIP server is lost, and when it is back. */
export function watchLink({ edge, calls, subscriptions, connections, intake, logger }: LinkSurroundings): void {
  const { srf, byes, farewells, egress } = edge;
  srf.on('connect', (contacts, version) => {
    logger.info({ contacts, version }, 'connected to drachtio');
    if (farewells.size === 0) return;
    logger.warn({ calls: farewells.size }, 'far ends of calls that drachtio has lost get a BYE');
    void farewells.send(srf);
  });
  srf.on('silent', (seconds) =>
    logger.error({ seconds }, 'drachtio does not answer: nothing can be set up or ended until it does'),
  );
  srf.on('answering', () => logger.info('drachtio answers again'));
  srf.on('disconnect', () => {
    if (intake.isClosed) return;
    // Calls whose UE's connection ended with the server are among those whose BYE is not answered.
    const lost = [...byes.values()].filter((farewell) => farewell !== undefined);
    byes.clear();
    // The server gives their dialogs to no other connection, not even to our next one.
    const message = 'link to drachtio lost: calls under way are released, reconnecting';
    logger.error({ calls: calls.size + lost.length }, message);
    for (const farewell of lost) farewells.add(farewell);
    subscriptions.forgetAll();
    void calls.endAll('link-lost');
    egress.serverLost();
    connections.endCalls();
  });
  srf.on('error', (error) => edge.occasionally.error({ err: error }, error.message, error.code));
}

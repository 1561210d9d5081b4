import type { Logger } from '../ops/logger';
import type { Names } from '../wire/names';
import type { AppRoutes } from './app-routes';
import type { ServerDialog, DialogTable } from './server-dialog';
import type { Registrations } from './registrations';
import type { ClientTransactions, ServerTransactions } from './transaction-tables';
import type { Timers } from './timers';
import type { Transport } from './transport';

/** What the parts of the edge share. */
export interface Stack {
  readonly logger: Logger;
  readonly timers: Timers;
  readonly transport: Transport;
  readonly names: Names;
  readonly servers: ServerTransactions;
  readonly clients: ClientTransactions;
  readonly dialogs: DialogTable;
  readonly registrations: Registrations;
  readonly routes: AppRoutes;
}

/** Ends a dialog: what the app has left unanswered is refused. */
export function endDialog(stack: Stack, dialog: ServerDialog): void {
  stack.dialogs.remove(dialog);
  for (const transaction of dialog.unanswered) {
    if (transaction.state === 'proceeding') transaction.reject(500, 'Internal Server Error');
  }
  dialog.unanswered.clear();
  for (const transaction of dialog.awaitingAck.values()) transaction.acknowledged();
  dialog.awaitingAck.clear();
}

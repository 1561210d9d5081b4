import { AdminServer } from '../../lib/admin/admin-server';
import type { Trouble } from '../../lib/admin/readiness';
import type { CallTable } from '../../lib/calls/call-table';
import type { Logger } from '../../lib/ops/logger';
import { Metrics } from '../../lib/ops/metrics';
import { countCall } from '../call-metrics';
import type { Config } from '../config';
import { samplesOf } from '../metric-samples';
import type { EdgeStatus } from './edge';
import { opening, type Opened } from './opened';

export interface AdminSurroundings {
  edge: { status(): EdgeStatus; health(): Trouble[] };
  calls: CallTable;
  logger: Logger;
}

/** What shows the edge to who runs it. It is opened first and closed last: a start and an end are seen, too. */
export class Admin {
  readonly server: AdminServer;

  /**
   * Undefined where the settings want none.
   * @param opened is given what has to be closed again
   * @throws EdgeError `admin-listen-failed`, naming the setting
   */
  static async open(
    { ADMIN_LISTEN: at, ADMIN_TOKEN: token }: Pick<Config, 'ADMIN_LISTEN' | 'ADMIN_TOKEN'>,
    { edge, calls, logger }: AdminSurroundings,
    opened: Opened,
  ): Promise<Admin | undefined> {
    if (at === 'off') return undefined;
    const metrics = new Metrics(() => samplesOf(edge.status(), edge.health()));
    calls.on('ended', (record) => countCall(metrics, record));
    const server = opened.keep(new AdminServer({ at, token, edge, metrics, logger }));
    await opening('ADMIN_LISTEN', server.start());
    return new Admin(server);
  }

  private constructor(server: AdminServer) {
    this.server = server;
  }
}

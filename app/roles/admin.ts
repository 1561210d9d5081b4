import { AdminServer, type AdministeredEdge } from '../../lib/admin/admin-server';
import type { Logger } from '../../lib/ops/logger';
import type { Config } from '../config';
import { opening, type Opened } from './opened';

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
    edge: AdministeredEdge,
    logger: Logger,
    opened: Opened,
  ): Promise<Admin | undefined> {
    if (at === 'off') return undefined;
    const server = opened.keep(new AdminServer({ at, token, edge, logger }));
    await opening('ADMIN_LISTEN', server.start());
    return new Admin(server);
  }

  private constructor(server: AdminServer) {
    this.server = server;
  }
}

import { AdminServer, type AdministeredEdge } from '../../lib/admin/admin-server';
import type { CallTable } from '../../lib/calls/call-table';
import type { Logger } from '../../lib/ops/logger';
import { Metrics } from '../../lib/ops/metrics';
import { CallGraphs } from '../admin/call-graphs';
import { pageSource, type PagedEdge } from '../admin/page-source';
import { adminTls } from '../certificate';
import { countCall } from '../call-metrics';
import type { Config } from '../config';
import { samplesOf } from '../metric-samples';
import { pagesFolder } from '../pages';
import { opening, type Opened } from './opened';

/** Where it listens, and who may ask. */
type AdminSettings = Pick<
  Config,
  'ADMIN_LISTEN' | 'ADMIN_TOKEN' | 'ADMIN_CERT_FILE' | 'ADMIN_KEY_FILE' | 'ADMIN_CLIENT_CA_FILE'
>;

export interface AdminSurroundings {
  edge: PagedEdge & AdministeredEdge;
  calls: CallTable;
  logger: Logger;
}

/**
 * Opens what shows the edge to who runs it, unless the settings want none. It is opened first and closed last: a start and
 * an end are seen, too.
 * @param opened is given what has to be closed again
 * @throws EdgeError `admin-listen-failed` or `config-invalid`, naming the setting
 */
export async function openAdmin(
  config: AdminSettings,
  { edge, calls, logger }: AdminSurroundings,
  opened: Opened,
): Promise<void> {
  const { ADMIN_LISTEN: at, ADMIN_TOKEN: token } = config;
  if (at === 'off') return;
  const tls = adminTls(config);
  const metrics = new Metrics(() => samplesOf(edge.status(), edge.health()));
  calls.on('ended', (record) => countCall(metrics, record));
  const folder = pagesFolder('admin-page');
  const page = folder && { folder, source: pageSource(edge, calls, opened.keep(new CallGraphs(calls))) };
  const server = opened.keep(new AdminServer({ at, token, tls, edge, metrics, logger, ...(page && { page }) }));
  await opening('ADMIN_LISTEN', server.start());
}

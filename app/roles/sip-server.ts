import { randomBytes } from 'node:crypto';
import { EmbeddedEdge } from '../../lib/embedded/embedded-edge';
import { isLoopback } from '../../lib/ip-address';
import type { Logger } from '../../lib/ops/logger';
import { contactHosts } from '../../lib/wire/contact';
import type { PcscfConfig } from '../config';
import type { OwnPlaces } from '../own-places';
import { opening, type Opened } from './opened';

/** Where the app connects to: drachtio-server, or the embedded edge, which is started here. */
export async function sipServer(
  config: PcscfConfig,
  { ours, isFronted }: { ours: OwnPlaces; isFronted: boolean },
  opened: Opened,
  logger: Logger,
): Promise<{ host: string; port: number; secret: string }> {
  const { ACCESS_CONTACTS, CORE_CONTACTS, DRACHTIO_HOST, DRACHTIO_PORT, DRACHTIO_SECRET } = config;
  if (DRACHTIO_HOST !== undefined) {
    const reached = contactHosts(ACCESS_CONTACTS).filter((host) => !isLoopback(host));
    if (reached.length > 0) {
      const why = 'it forwards into the core, unseen, whatever has a To tag and a Route; see docs/deploy.md';
      logger.warn({ hosts: reached }, `UEs reach drachtio-server by themselves: ${why}`);
    }
    return { host: DRACHTIO_HOST, port: DRACHTIO_PORT, secret: DRACHTIO_SECRET };
  }
  logger.warn('DRACHTIO_HOST is not set: SIP is served by the embedded edge, which is for trying out and testing');
  const host = '127.0.0.1';
  const secret = randomBytes(16).toString('hex');
  const starting = EmbeddedEdge.start({
    contacts: [...ACCESS_CONTACTS, ...CORE_CONTACTS],
    admin: { host, port: 0 },
    secret,
    logger,
    isFronted,
  });
  const { adminPort } = opened.keep(await opening('ACCESS_CONTACTS, CORE_CONTACTS', starting));
  ours.privatePorts.add(adminPort);
  return { host, port: adminPort, secret };
}

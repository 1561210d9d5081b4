/** The embedded edge in a process of its own, as drachtio-server is: measured apart from the app. */
import { EmbeddedEdge } from '../../lib/embedded/embedded-edge';
import { createLogger } from '../../lib/ops/logger';

const { CONTACTS = '', ADMIN_PORT = '', SECRET: secret = '' } = process.env;

EmbeddedEdge.start({
  contacts: CONTACTS.split(' '),
  admin: { host: '127.0.0.1', port: Number(ADMIN_PORT) },
  secret,
  logger: createLogger('silent'),
}).catch((error: unknown) => {
  process.stderr.write(`${String(error)}\n`);
  process.exitCode = 1;
});

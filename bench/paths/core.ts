/** Started by bench/paths.ts in the place of the core: grants registrations and answers calls, several at a time. */
import { EdgeError } from '../../lib/errors';
import { createLogger } from '../../lib/ops/logger';
import { CorePhone } from '../../lib/ue/core-phone';
import { mediaPackets } from './call-result';

const [host = '', domain = '', atOnce = '1'] = process.argv.slice(2);

async function main(): Promise<void> {
  const listen = { host, port: 5060 };
  const options = { listen, domain, limit: mediaPackets, observer: () => undefined, logger: createLogger('silent') };
  const core = await CorePhone.open(options);
  process.stdout.write('ready\n');
  await Promise.all(Array.from({ length: Number(atOnce) }, () => answer(core)));
}

/** Answers one call after the other; it is ended by a signal. */
async function answer(core: CorePhone): Promise<never> {
  for (;;) {
    try {
      const call = await core.take(600_000);
      await call.ended;
      call.media.close();
    } catch (error) {
      // The UE writes what became of its call.
      if (!(error instanceof EdgeError)) throw error;
    }
  }
}

void main();

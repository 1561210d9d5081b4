/** Started by bench/paths.ts in the place of the core: grants registrations and answers calls, several at a time. */
import { createLogger } from '../../lib/ops/logger';
import { CorePhone } from '../../lib/ue/core-phone';
import { answerCalls } from '../answer-calls';
import { mediaPackets } from './call-result';

const [host = '', domain = '', atOnce = '1'] = process.argv.slice(2);

async function main(): Promise<void> {
  const listen = { host, port: 5060 };
  const options = { listen, domain, limit: mediaPackets, observer: () => undefined, logger: createLogger('silent') };
  const core = await CorePhone.open(options);
  process.stdout.write('ready\n');
  await answerCalls(core, Number(atOnce));
}

void main();

/**
 * Started by bench/first-second.ts in the place of the core: grants registrations, answers one call after the other,
 * sends at once, and writes a line when it hears a UE first.
 */
import { createLogger } from '../../lib/ops/logger';
import { CorePhone } from '../../lib/ue/core-phone';
import type { UeEvent } from '../../lib/ue/ue-event';
import { answerCalls } from '../answer-calls';
import { now } from './clock';

const [host = '', domain = ''] = process.argv.slice(2);

function observe({ event }: UeEvent): void {
  if (event === 'media-flowing') process.stdout.write(`${JSON.stringify({ heardAt: now() })}\n`);
}

/** Calls that may come before the last one is over here too. */
const atOnce = 4;

/** It is ended by a signal. */
async function main(): Promise<void> {
  const listen = { host, port: 5060 };
  const logger = createLogger('silent');
  const core = await CorePhone.open({ listen, domain, startWhenHeard: false, observer: observe, logger });
  process.stdout.write('ready\n');
  await answerCalls(core, atOnce);
}

void main();

/**
 * Started by bench/soak in the place of the UEs, once for each round: each UE registers, calls, holds and resumes, hangs
 * up, and after every second call is gone without a word and comes back on a new connection. After its time all of them hang up
 * and de-register, and one line tells what was done.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { EdgeError } from '../../lib/errors';
import { createLogger } from '../../lib/ops/logger';
import type { Observer } from '../../lib/ue/ue-event';
import { UserAgent } from '../../lib/ue/user-agent';
import { nothingDone, type RoundCounts } from './counts';

const [edge = '', port = '', local = '', domain = '', ues = '', seconds = ''] = process.argv.slice(2);

/** ms */
const patience = 20_000;
const talk = 600;

const counts: RoundCounts = nothingDone();
const logger = createLogger('silent');
const endsAt = performance.now() + Number(seconds) * 1000;
const isOver = () => performance.now() > endsAt;

const observer: Observer = ({ event }) => {
  if (event === 'registered') counts.registrations += 1;
  if (event === 'connection-lost') counts.reconnects += 1;
};

async function ue(index: number): Promise<void> {
  const options = { edge: { host: edge, port: Number(port) }, local, domain, user: `soak${index}`, observer, logger };
  while (!isOver()) {
    const agent = await UserAgent.open(options);
    try {
      await agent.register();
      for (let calls = 0; calls < 2 && !isOver(); calls++) await callOnce(agent);
      if (isOver()) await agent.unregister();
      else counts.returns += 1;
    } catch (error) {
      failed(error);
      // An edge that refuses is not asked again at once.
      await delay(500);
    } finally {
      await agent.close();
    }
  }
}

async function callOnce(agent: UserAgent): Promise<void> {
  const call = await agent.call('sip:core@example.net', { patience });
  counts.calls += 1;
  try {
    await call.media.path;
    await delay(talk);
    for (const holding of [true, false]) {
      await call.hold(holding);
      counts.changes += 1;
      await delay(talk);
    }
    const [stream] = call.media.audio.reports();
    counts.packets += stream?.received ?? 0;
  } finally {
    await call.hangUp();
    call.media.close();
  }
}

function failed(error: unknown): void {
  const reason = error instanceof EdgeError ? error.message : String(error);
  counts.failures[reason] = (counts.failures[reason] ?? 0) + 1;
}

void Promise.all(Array.from({ length: Number(ues) }, (_, index) => ue(index))).then(() => {
  process.stdout.write(`${JSON.stringify(counts)}\n`, () => process.exit(0));
});

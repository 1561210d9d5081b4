/**
 * Started by bench/hostile in the place of the UEs: holds calls with media, and lets new UEs register and call. The
 * first SIGUSR2 begins the measured time, in which new ones come, the second ends it; SIGTERM ends the calls.
 *
 * Lines of output, each a JSON object: `up` when the calls have media both ways, `newcomer` for each new UE, `paused`
 * when the measured time is over and the last newcomer is through, `report` at the end.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { createLogger } from '../../lib/ops/logger';
import type { UserAgentOptions } from '../../lib/ue/user-agent';
import { distribution } from './distribution';
import { Holder } from './holder';
import { Lateness } from './lateness';
import { newcomer } from './newcomer';
import { marks } from './stamped-sound';
import { domain, holderPrefix } from './users';

const [edge = '', local = '', calls = '', perSecond = '', patience = ''] = process.argv.slice(2);
const logger = createLogger('silent');
const common = { edge: { host: edge, port: 80 }, local, domain, observer: () => undefined, logger };

/** Held calls are set up one after the other with this pause, ms. */
const apart = 50;

/** How often, and how long after a refusal, ms, they are tried again. */
const maxRefusals = 40;
const retryAfter = 1000;

const holders: Holder[] = [];
/** Of the core's media, ms. */
const delays: number[] = [];
const lateness = new Lateness();
let refusals = 0;
let phase: 'waiting' | 'measured' | 'over' = 'waiting';
const ended = new Promise<void>((resolve) => process.once('SIGTERM', resolve));

process.on('SIGUSR2', () => {
  phase = phase === 'waiting' ? 'measured' : 'over';
  for (const holder of holders) holder.mark(phase === 'measured' ? marks.measured : marks.beside);
  if (phase === 'measured') void letNewcomersIn();
});

async function letNewcomersIn(): Promise<void> {
  const under = new Set<Promise<void>>();
  for (let index = 0; phase === 'measured'; index++) {
    const one = newcomer({ ...common, user: `new${index}`, patience: Number(patience) }).then((result) =>
      tell({ event: 'newcomer', ...result }),
    );
    under.add(one);
    void one.finally(() => under.delete(one));
    await delay(1000 / Number(perSecond));
  }
  await Promise.all(under);
  tell({ event: 'paused' });
}

/** What an attack has left behind may refuse it at first; how often is told. */
async function holder(options: UserAgentOptions): Promise<Holder> {
  for (;;) {
    try {
      return await Holder.open(options, delays);
    } catch (error) {
      if (++refusals > maxRefusals) throw error;
      await delay(retryAfter);
    }
  }
}

async function main(): Promise<void> {
  for (let index = 0; index < Number(calls); index++) {
    holders.push(await holder({ ...common, user: `${holderPrefix}${index}` }));
    await delay(apart);
  }
  await Promise.all(holders.map((holder) => holder.heard()));
  tell({ event: 'up', refusals });
  await ended;
  const reports = await Promise.all(holders.map((holder) => holder.end()));
  tell({ event: 'report', calls: reports, delays: distribution(delays), lateness: lateness.stop() }, () =>
    process.exit(0),
  );
}

function tell(what: object, told?: () => void): void {
  process.stdout.write(`${JSON.stringify(what)}\n`, told);
}

main().catch((error: unknown) => {
  process.stderr.write(`${String(error)}\n`);
  process.exitCode = 1;
});

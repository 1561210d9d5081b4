/** Started by bench/paths.ts in the place of the UEs: makes calls, several at a time, and writes a line for each. */
import { setTimeout as delay } from 'node:timers/promises';
import { createLogger } from '../../lib/ops/logger';
import { UserAgent } from '../../lib/ue/user-agent';
import { mediaPackets, type UeCall } from './call-result';

/** ms */
const patience = 30_000;
const mediaPatience = 10_000;

const [edge = '', local = '', domain = '', calls = '0', atOnce = '1'] = process.argv.slice(2);
const logger = createLogger('silent');
const ignore = () => undefined;
let left = Number(calls);

async function caller(index: number): Promise<void> {
  const options = { edge: { host: edge, port: 80 }, local, domain, limit: mediaPackets, observer: ignore, logger };
  const agent = await UserAgent.open({ ...options, user: `ue${index}` });
  try {
    await agent.register();
    while (left > 0) {
      left -= 1;
      tell(await callOnce(agent).catch((error: unknown) => failed(error)));
    }
    await agent.unregister();
  } finally {
    await agent.close();
  }
}

async function callOnce(agent: UserAgent): Promise<UeCall> {
  const call = await agent.call('sip:core@example.net', { patience });
  try {
    await call.media.path;
    const end = performance.now() + mediaPatience;
    const isThrough = () => (call.media.audio.reports()[0]?.received ?? 0) >= mediaPackets;
    while (performance.now() < end && !(call.media.audio.finished && isThrough())) await delay(20);
    const [stream] = call.media.audio.reports();
    return { path: stream?.path ?? null, sent: stream?.sent ?? 0, received: stream?.received ?? 0, error: null };
  } finally {
    await call.hangUp();
    call.media.close();
  }
}

function failed(error: unknown): UeCall {
  return { path: null, sent: 0, received: 0, error: error instanceof Error ? error.message : String(error) };
}

function tell(call: UeCall): void {
  process.stdout.write(`${JSON.stringify(call)}\n`);
}

void Promise.all(Array.from({ length: Number(atOnce) }, (_, index) => caller(index))).catch((error: unknown) => {
  process.stderr.write(`${String(error)}\n`);
  process.exitCode = 1;
});

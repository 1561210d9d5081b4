import { setTimeout as delay } from 'node:timers/promises';
import { EdgeError } from '../../lib/errors';
import { UserAgent, type UserAgentOptions } from '../../lib/ue/user-agent';
import { answeringUser } from './users';

/** How a good UE fared that came anew; a time that it did not come to is null. */
export interface NewcomerResult {
  /** From REGISTER to 200, from INVITE to 200, and from there to the first media; ms. */
  registerMs: number | null;
  setupMs: number | null;
  mediaMs: number | null;
  /** What ended it: `registration-refused 503`; null if all went well. */
  error: string | null;
}

/** A good UE, and how long it waits for each thing, ms. */
export type NewcomerOptions = UserAgentOptions & { patience: number };

/** RTP packets that it sends. */
const limit = 10;

/** Registers over a connection of its own, calls, has media both ways, hangs up and is gone. Never rejects. */
export async function newcomer({ patience, ...options }: NewcomerOptions): Promise<NewcomerResult> {
  const result: NewcomerResult = { registerMs: null, setupMs: null, mediaMs: null, error: null };
  let agent: UserAgent | undefined;
  try {
    agent = await UserAgent.open({ ...options, limit });
    const startedAt = performance.now();
    await inTime('registration', patience, agent.register());
    result.registerMs = performance.now() - startedAt;
    const call = await agent.call(`sip:${answeringUser}@${options.domain}`, { patience });
    result.setupMs = call.setupMs;
    await inTime('path', patience, call.media.path);
    await heard(patience, () => call.media.audio.reports()[0]?.received ?? 0);
    result.mediaMs = call.media.audio.reports()[0]?.mediaMs ?? null;
    await call.hangUp();
    await agent.unregister();
  } catch (error) {
    result.error = nameOf(error);
  } finally {
    await agent?.close().catch(() => undefined);
  }
  return result;
}

async function heard(patience: number, received: () => number): Promise<void> {
  const end = performance.now() + patience;
  while (received() === 0) {
    if (performance.now() > end) throw tooLate('media', patience);
    await delay(20);
  }
}

async function inTime<T>(what: 'registration' | 'path' | 'media', patience: number, wanted: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(tooLate(what, patience)), patience);
  });
  wanted.catch(() => undefined);
  return Promise.race([wanted, late]).finally(() => clearTimeout(timer));
}

function tooLate(what: 'registration' | 'path' | 'media', patience: number): EdgeError {
  return new EdgeError(`${what}-late`, `No ${what} within ${patience} ms.`);
}

function nameOf(error: unknown): string {
  if (!(error instanceof EdgeError)) return String(error);
  return error.sipStatus === undefined ? error.code : `${error.code} ${error.sipStatus}`;
}

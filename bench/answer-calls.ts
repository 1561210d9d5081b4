import { EdgeError } from '../lib/errors';
import type { CorePhone } from '../lib/ue/core-phone';

/** Answers calls, so many at a time, until the process is ended by a signal. */
export async function answerCalls(core: CorePhone, atOnce: number): Promise<void> {
  await Promise.all(Array.from({ length: atOnce }, () => answer(core)));
}

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

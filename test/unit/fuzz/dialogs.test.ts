import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DialogPlayer, dialogs } from '../../fuzz/dialogs';
import type { Script } from '../../fuzz/dialog-steps';
import { feedMany, type Tally } from '../../fuzz/feeding';

/* On the embedded edge, or the drachtio-server of DRACHTIO_BIN, which some of these scripts have ended. */

const vectors = JSON.parse(readFileSync(join(__dirname, '../../vectors/dialogs.json'), 'utf8')) as ({
  what: string;
} & Script)[];

describe('G31: the SIP server serves others after', () => {
  const player = new DialogPlayer();
  // What a script has done to drachtio-server may end it half a minute later.
  afterAll(async () => {
    if (process.env['DRACHTIO_BIN'] !== undefined) await player.aftermath();
    await player.close();
  }, 60_000);

  test.each(vectors)('$what', async (script) => {
    await player.play(script);
  });
});

test('G31: the SIP server serves others after dialogs that go wrong at random', async () => {
  const run = await dialogs.start();
  const tally: Tally = new Map();
  await feedMany(dialogs, run, { cases: 60, seed: 31, tally });
  await run.end();
  expect([...tally.values()].reduce((sum, count) => sum + count)).toBe(60);
  expect(tally.size).toBeGreaterThan(2);
}, 60_000);

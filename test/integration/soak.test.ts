import { SoakLab } from '../../bench/soak/lab';
import { soakResult, type SoakRound } from '../../bench/soak/outcome';
import { describeInNamespaces } from './support/namespaces';

describeInNamespaces('bench:soak, its short form', () => {
  let lab: SoakLab;

  beforeAll(async () => {
    lab = await SoakLab.start(12);
  }, 60_000);

  afterAll(async () => {
    await lab.close();
  }, 20_000);

  test('I4: after calls, re-INVITEs, restarts, reconnects and registrations nothing is left', async () => {
    const rounds: SoakRound[] = [];
    for (let round = 0; round < 3; round++) rounds.push(await lab.round({ ues: 3, seconds: 5 }));
    const { done, figures } = soakResult(rounds, 15);
    expect(done.failures).toEqual({});
    for (const what of ['registrations', 'calls', 'changes', 'reconnects', 'returns', 'restarts', 'packets'] as const)
      expect([what, done[what] > 0]).toEqual([what, true]);
    // So few calls do not fill what the heap is for: its bounds are for a long run.
    const grows = figures.filter(({ last, most }) => !(last <= most)).map(({ what }) => what);
    expect(grows.filter((what) => !what.endsWith('MiB'))).toEqual([]);
  }, 60_000);
});

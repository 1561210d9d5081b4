import { Tally } from '../../../lib/ops/tally';

it('counts each thing, and names none that never happened', () => {
  const tally = new Tally<'loopback' | 'port'>();
  tally.add('loopback');
  tally.add('loopback');
  expect(tally.counts()).toEqual({ loopback: 2 });
});

import { Firewall } from '../../../app/demo/firewall';
import type { Network } from '../../../app/demo/network';
import { Lab } from './lab';

/**
 * A lab for the tests of the suite that calls this: started before them, given to `use`, and closed after them; after
 * each, nothing may be left in it. What the tests themselves opened is to be closed by an `afterEach` before this call.
 */
export function labOfSuite(
  use: (lab: Lab) => void,
  options: {
    settings?: Record<string, string>;
    network?: Network;
    /** Before the UE; default: none. */
    firewall?: 'tcp80' | 'open';
  } = {},
): void {
  let lab: Lab;

  beforeAll(async () => {
    lab = await Lab.start(options.settings, options.network);
    use(lab);
    if (options.firewall !== undefined) await Firewall.raise(lab.network, options.firewall);
  }, 60_000);

  afterAll(async () => {
    await lab.close();
  }, 20_000);

  afterEach(async () => {
    await lab.nothingLeft();
  }, 20_000);
}

import { Ends } from '../../app/demo/ends';
import { Firewall } from '../../app/demo/firewall';
import { Lab } from './support/lab';
import { describeInNamespaces } from './support/namespaces';

const seconds = 2;
const packets = seconds * 50;

/** The same call, through TCP 80 alone, whichever plane forwards its media. */
describeInNamespaces.each([
  // Asked for, and not there, it would end the start.
  { plane: 'native' },
  { plane: 'node' },
])('a call with the $plane plane', ({ plane }) => {
  let lab: Lab;

  beforeAll(async () => {
    lab = await Lab.start({ GATEWAY_PLANE: plane });
    await Firewall.raise(lab.network, 'tcp80');
  }, 60_000);

  afterAll(async () => {
    await lab.close();
  }, 20_000);

  test('loses no packet (A5, D7)', async () => {
    const ends = new Ends(lab.network, { seconds, direction: 'originating' });
    const reports = await ends.run().finally(() => ends.close());
    expect(reports).toMatchObject({
      ue: { error: null, path: 'tcp80', sent: packets, received: packets },
      core: { error: null, sent: packets, received: packets },
    });
    await lab.nothingLeft();
  }, 60_000);
});

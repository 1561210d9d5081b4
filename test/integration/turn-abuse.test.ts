import { Ends } from '../../app/demo/ends';
import { addresses } from '../../app/demo/network';
import type { ToolEvent } from '../../app/demo/ue-tool';
import type { TransportAddress } from '../../lib/ice/transport-address';
import { turnCredential } from '../../lib/turn/credentials';
import type { TurnFunctions } from './clients/turn-worker';
import type { Lab } from './support/lab';
import { labOfSuite } from './support/lab-of-suite';
import { describeInNamespaces } from './support/namespaces';
import { NamespaceWorker } from './support/namespace-worker';

const secret = 'the secret of these tests';
const seconds = 6;
const packets = seconds * 50;
const edge = { address: addresses.edgeAccess, port: 80 };
const credentialOf = (user: string) => turnCredential(secret, user, Math.floor(Date.now() / 1000) + 3600);

const ngPort = 2223;
const adminPort = 9022;

describeInNamespaces('who has a credential for TURN and means ill', () => {
  let lab: Lab;
  let ends: Ends | undefined;
  let worker: NamespaceWorker<TurnFunctions>;

  beforeEach(() => {
    worker = new NamespaceWorker<TurnFunctions>(lab.network, 'ue', 'turn-worker');
  });

  afterEach(async () => {
    await ends?.close();
    await worker.close();
  });

  labOfSuite((started) => (lab = started), { settings: { TURN_SECRET: secret } });

  /** What a user's channels and permissions for these places are answered, in their order. */
  async function reached(user: string, places: readonly TransportAddress[]) {
    const { ue, relayed } = await worker.call('allocate', edge, credentialOf(user));
    const answers = [];
    for (const [i, place] of places.entries()) answers.push(await worker.call('reach', ue, place, 0x4000 + i));
    return { relayed, bound: answers.map(({ bound }) => bound), permitted: answers.map(({ permitted }) => permitted) };
  }

  /** Makes a call of ue@example.net by a relay; what is done to it begins when its media has its way. */
  async function duringCall<T>(act: (media: TransportAddress, relayed: TransportAddress) => Promise<T>) {
    let acted: Promise<T> | undefined;
    const { username, password } = credentialOf('ue@example.net');
    const onEvent = (end: string, event: ToolEvent) => {
      if (end !== 'ue' || event.event !== 'pair-selected') return;
      acted ??= act(placeOf(event.remote), placeOf(event.local));
    };
    const ueOptions = ['--turn', `${username}:${password}@${addresses.edgeAccess}:80`, '--relay-only'];
    ends = new Ends(lab.network, { seconds, direction: 'originating', ueOptions, onEvent });
    const reports = await ends.run();
    expect(reports).toMatchObject({
      ue: { error: null, path: 'relay', sent: packets, received: packets },
      core: { error: null, sent: packets, received: packets },
    });
    if (acted === undefined) throw new Error('The media had no way.');
    return { acted: await acted, reports };
  }

  test('M2: reaches no call of another, no service of the edge, no core and no relay, and disturbs nothing', async () => {
    const { acted } = await duringCall(async (media, relayed) => {
      const places = [
        media,
        { ...media, port: media.port + 1 },
        relayed,
        ...[ngPort, adminPort, media.port].map((port) => ({ address: '127.0.0.1', port })),
        ...[80, 5060, ngPort, adminPort].map((port) => ({ address: addresses.edgeAccess, port })),
        { address: addresses.edgeCore, port: media.port },
        { address: addresses.core, port: 5060 },
        { address: addresses.ue, port: 5060 },
      ];
      return { places, ...(await reached('bob@example.net', places)) };
    });
    expect(acted.bound).toEqual(acted.places.map(() => 403));
    // One for rtpengine's address is given, and leads nowhere by itself.
    const isAnchors = ({ address }: TransportAddress) => address === addresses.edgeAccess;
    expect(acted.permitted).toEqual(acted.places.map((place) => (isAnchors(place) ? 'success' : 403)));
  }, 60_000);

  test('M2: reaches its own call while that lasts, and its ports neither before nor after', async () => {
    const { acted } = await duringCall(async (media) => ({ media, ...(await reached('ue@example.net', [media])) }));
    expect(acted.bound).toEqual(['success']);
    const after = await reached('ue@example.net', [acted.media, { ...acted.media, port: acted.media.port + 2 }]);
    expect(after.bound).toEqual([403, 403]);
    // Another call is likely to get the same port, or one beside it.
    const next = await duringCall(async (media) => reached('bob@example.net', [media, acted.media]));
    expect(next.acted.bound).toEqual([403, 403]);
  }, 90_000);
});

function placeOf(text: string): TransportAddress {
  const colon = text.lastIndexOf(':');
  return { address: text.slice(0, colon), port: Number(text.slice(colon + 1)) };
}

import { randomBytes } from 'node:crypto';
import { buildBindingRequest } from '../../lib/ice/binding';
import { Lab } from './support/lab';
import { describeInNamespaces } from './support/namespaces';
import { Sipp } from './support/sipp';
import { AnchorCounter, strangerSends } from './support/stranger';

/** Longer than the edge gives a connection to authenticate (10 s). */
const limitMs = 14_000;

/** RFC 4571 §2: a length of 16 bits before each frame. */
function framed(frame: Buffer): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(frame.length);
  return Buffer.concat([length, frame]);
}

function check(username: string, password: string): Buffer {
  return buildBindingRequest({
    transactionId: randomBytes(12),
    username,
    password,
    priority: 1015021823,
    role: 'controlling',
    tieBreaker: 1n,
    useCandidate: true,
  });
}

/** A Binding request with nothing in it: header and cookie, RFC 8489 §5. */
const bareRequest = Buffer.concat([Buffer.from('000100002112a442', 'hex'), randomBytes(12)]);

describeInNamespaces('strangers on TCP 80 while a call is up', () => {
  let lab: Lab;
  let anchor: AnchorCounter;

  beforeAll(async () => {
    lab = await Lab.start();
    anchor = await AnchorCounter.start(lab.network);
  }, 60_000);

  afterAll(async () => {
    await lab.close();
  }, 20_000);

  test('are disconnected, and rtpengine sees nothing of them (C2, C3, D9, D10, E8)', async () => {
    const core = await Sipp.start(lab.network, 'core', {
      scenario: 'originating/stays-up.core',
      server: true,
      calls: 2,
    });
    const ue = await Sipp.start(lab.network, 'ue', { scenario: 'originating/stays-up.ue' });
    try {
      await ue.logged('up');
      const ufrag = ue.value('ufrag');
      const rightPassword = ue.value('pwd');
      const slow = framed(check(`${ufrag}:uFrg`, rightPassword));
      const strangers: Record<string, Buffer[]> = {
        'unknown ufrag': [framed(check('nobody00:uFrg', rightPassword))],
        'bad integrity': [framed(check(`${ufrag}:uFrg`, 'wrongPasswordOfTwentyTwo'))],
        'no integrity': [framed(bareRequest)],
        garbage: [framed(randomBytes(100).fill(0xff, 0, 1))],
        'media first': [framed(Buffer.concat([Buffer.from('8008', 'hex'), randomBytes(170)]))],
        'oversized first frame': [Buffer.from('ffff0001', 'hex'), Buffer.alloc(1000)],
        // One byte a second: it would be a good check if it were let finish.
        'slow first frame': [...slow].map((byte) => Buffer.from([byte])),
        silence: [],
      };
      const fates = await Promise.all(
        Object.entries(strangers).map(async ([name, pieces]) => ({
          name,
          ...(await strangerSends(lab.network, pieces, limitMs)),
        })),
      );
      expect(fates).toEqual(Object.keys(strangers).map((name) => ({ name, closed: true, received: '' })));
      expect(await anchor.packets()).toBe(0);

      // The counter does see what a UE with the right password brings about.
      const welcome = await strangerSends(lab.network, [framed(check(`${ufrag}:uFrg`, rightPassword))], 1000);
      expect(welcome.closed).toBe(false);
      expect(await anchor.packets()).toBeGreaterThan(0);

      await Promise.all([ue.succeeded(), core.succeeded()]);
      await lab.nothingLeft();
    } finally {
      await Promise.all([ue.close(), core.close()]);
    }
  }, 60_000);
});

import { describeInNamespaces } from './support/namespaces';
import { Lab } from './support/lab';
import { Sipp, type SippOptions } from './support/sipp';

/** Each case is a pair of scenarios, UE side and core side, in test/scenarios/<direction>/. */
const cases = [
  ['answered', 'the caller hangs up (A1, A3, A4, B1, B5, B8, B11, B19)'],
  ['offerless', 'the offer is in the 200, the answer in the ACK (F7)'],
  ['early-media', 'SDP in an unreliable 183 and in the 200 (G17)'],
  ['reliable', 'SDP in a reliable 183, PRACK end to end (G13)'],
  ['cancelled', 'the caller gives up while it rings (G16)'],
  ['rejected-486', 'the callee is busy'],
  ['rejected-404', 'there is no such callee'],
  ['callee-hangs-up', 'the callee hangs up (G16)'],
  ['caller-holds', 'held and resumed by the caller, and ICE stays on the line (B17, G16)'],
  ['callee-holds', 'held and resumed by the callee, and ICE stays on the line (B17, G16)'],
] as const;

/** Offers that never reach the other side. */
const refused = [
  ['bad-sdp', '488 and a Warning for SDP that cannot be parsed'],
  ['no-usable-media', '488 and a Warning where no media line is usable'],
] as const;

describeInNamespaces('SIP calls through the edge', () => {
  let lab: Lab;
  const running: Sipp[] = [];

  const sipp = async (place: 'ue' | 'core', options: SippOptions) => {
    const started = await Sipp.start(lab.network, place, options);
    running.push(started);
    return started;
  };

  /** A registered UE, and the keywords with which the core calls it. */
  const register = async (incoming?: string) => {
    const registrar = await sipp('core', { scenario: 'core-registers', server: true });
    const ue = await sipp('ue', { scenario: 'ue-registers', ...(incoming === undefined ? {} : { incoming }) });
    await Promise.all([ue.logged('registered'), registrar.succeeded()]);
    // The Path leads to the connection, whatever the Contact says (G12).
    return {
      ue,
      keywords: { path: registrar.value('path'), target: registrar.value('contact').replace(/^<|>$/g, '') },
    };
  };

  beforeAll(async () => {
    lab = await Lab.start();
  }, 60_000);

  afterAll(async () => {
    await lab.close();
  }, 20_000);

  afterEach(async () => {
    await Promise.all(running.splice(0).map((each) => each.close()));
    await lab.nothingLeft();
  }, 20_000);

  test.each(cases)(
    'originating, %s: %s',
    async (name) => {
      const core = await sipp('core', { scenario: `originating/${name}.core`, server: true, calls: 2 });
      const ue = await sipp('ue', { scenario: `originating/${name}.ue` });
      await Promise.all([ue.succeeded(), core.succeeded()]);
    },
    40_000,
  );

  test.each(cases)(
    'terminating over the registered connection (G12), %s: %s',
    async (name) => {
      const { ue, keywords } = await register(`terminating/${name}.ue`);
      const core = await sipp('core', { scenario: `terminating/${name}.core`, keywords });
      await Promise.all([core.succeeded(), ue.logged('complete')]);
    },
    40_000,
  );

  test.each(refused)(
    'originating, %s: %s, and the core sees nothing of it',
    async (name) => {
      const core = await sipp('core', { scenario: 'core-registers', server: true });
      const ue = await sipp('ue', { scenario: `originating/${name}.ue` });
      await Promise.all([ue.succeeded(), core.succeeded()]);
    },
    40_000,
  );

  test.each(refused)(
    'terminating, %s: %s, and the UE sees nothing of it',
    async (name) => {
      const { ue, keywords } = await register();
      const core = await sipp('core', { scenario: `terminating/${name}.core`, keywords });
      await core.succeeded();
      ue.sawNothingElse();
    },
    40_000,
  );
});

describeInNamespaces('SIP calls while rtpengine is down', () => {
  let lab: Lab;

  beforeAll(async () => {
    lab = await Lab.start();
    await lab.rtpengine.close();
  }, 60_000);

  afterAll(async () => {
    await lab.close();
  }, 20_000);

  test('originating: 503 with Retry-After, and the core sees nothing of it', async () => {
    const core = await Sipp.start(lab.network, 'core', { scenario: 'core-registers', server: true });
    const ue = await Sipp.start(lab.network, 'ue', { scenario: 'originating/no-rtpengine.ue' });
    try {
      await Promise.all([ue.succeeded(), core.succeeded()]);
    } finally {
      await Promise.all([ue.close(), core.close()]);
    }
  }, 40_000);

  test('terminating: 503 with Retry-After, and the UE sees nothing of it', async () => {
    const registrar = await Sipp.start(lab.network, 'core', { scenario: 'core-registers', server: true });
    const ue = await Sipp.start(lab.network, 'ue', { scenario: 'ue-registers' });
    try {
      await Promise.all([ue.logged('registered'), registrar.succeeded()]);
      const keywords = {
        path: registrar.value('path'),
        target: registrar.value('contact').replace(/^<|>$/g, ''),
      };
      const core = await Sipp.start(lab.network, 'core', { scenario: 'terminating/no-rtpengine.core', keywords });
      try {
        await core.succeeded();
        ue.sawNothingElse();
      } finally {
        await core.close();
      }
    } finally {
      await Promise.all([ue.close(), registrar.close()]);
    }
  }, 40_000);
});

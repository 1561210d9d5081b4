import type { Sipp } from './support/sipp';
import { Lab } from './support/lab';
import { describeInNamespaces } from './support/namespaces';
import { SipPairs, type Direction } from './support/sip-pair';

const directions: Direction[] = ['originating', 'terminating'];

/** A Service-Route of the core, which puts the egress relay into the way of what a UE begins. */
const serviceRoute = '\r\nService-Route: <sip:orig@192.0.2.2:5060;lr>';

interface Ends {
  caller: Sipp;
  callee: Sipp;
}

/** Scenarios in test/scenarios/calls, what they show, and what the two got. */
const flows: [name: string, what: string, check: (ends: Ends) => void][] = [
  ['answered', 'a call', ({ caller }) => expectOneSession(caller, 0)],
  [
    'refused',
    'a call that is refused (G16)',
    ({ caller }) => expect(only(caller, 486).get('reason')).toMatch(/Q\.850/),
  ],
  [
    'update',
    'offers in UPDATE of either side, and the callee hangs up (G14, G16)',
    ({ caller, callee }) => {
      for (const end of [caller, callee]) expect(only(end, 'UPDATE').body).toContain('m=audio');
    },
  ],
  [
    'preconditions',
    'preconditions, with an offer in UPDATE before it rings (G13, G14, G15)',
    ({ caller, callee }) => {
      const invite = only(callee, 'INVITE');
      expect(invite.hasOption('supported', 'precondition')).toBe(true);
      expect(preconditions(invite.body)).toEqual(['curr:qos local none', 'curr:qos remote none', ...desired]);
      const progress = only(caller, 183);
      expect(progress.hasOption('require', 'precondition')).toBe(true);
      expect(preconditions(progress.body)).toEqual(preconditions(invite.body));
      const update = only(callee, 'UPDATE');
      expect(update.hasOption('require', 'precondition')).toBe(true);
      expect(preconditions(update.body)).toEqual(['curr:qos local sendrecv', 'curr:qos remote none', ...desired]);
    },
  ],
  [
    'prack-with-offer',
    'an offer in PRACK (G13)',
    ({ caller, callee }) => {
      expect(only(callee, 'UPDATE').body).toContain('m=audio');
      const [answer] = caller.received(200).filter(({ cseq }) => cseq?.method === 'PRACK');
      expect(answer?.body).toContain('m=audio');
    },
  ],
  ['early-sdp', 'SDP in a 183, and the 200 at once (G17)', ({ caller }) => expectOneSession(caller, 1)],
  ['glare', 're-INVITEs of both at once: 491 (G16)', ({ callee }) => expect(only(callee, 491).body).toBe('')],
  ['session-timer', 'a session timer: 422, then refreshed by UPDATE (G16)', ({ caller }) => expectTimer(caller)],
  [
    'in-dialog',
    'INFO, MESSAGE, OPTIONS, REFER with Replaces and NOTIFY in a call (G18)',
    ({ caller, callee }) => {
      const legOfCallee = encodeURIComponent(only(callee, 'INVITE').callId);
      expect(only(callee, 'REFER').get('refer-to')).toContain(`?Replaces=${legOfCallee}%3B`);
      for (const end of [caller, callee]) expect(only(end, 'INFO').body.trim()).toBe('words');
    },
  ],
];

const desired = ['des:qos mandatory local sendrecv', 'des:qos mandatory remote sendrecv'];

/** The one message of a kind that an end got. */
function only(end: Sipp, what: string | number) {
  const [message, ...others] = end.received(what);
  if (message === undefined || others.length > 0) throw new Error(`${others.length} more than one ${what}`);
  return message;
}

function preconditions(sdp: string): string[] {
  return [...sdp.matchAll(/^a=((?:curr|des|conf):.*?)\r?$/gm)].map(([, text = '']) => text);
}

/** What the caller got in so many 183s and in the 200 is one session: the same ports and the same ICE credentials. */
function expectOneSession(caller: Sipp, provisional: number): void {
  const answers = [...caller.received(183), ...caller.received(200)].filter(({ cseq, body }) => {
    return cseq?.method === 'INVITE' && body !== '';
  });
  expect(answers).toHaveLength(provisional + 1);
  const lines = answers.map(({ body }) => body.match(/^(m=|a=ice-ufrag|a=ice-pwd|a=candidate).*$/gm)?.join('\n'));
  expect(new Set(lines).size).toBe(1);
}

function expectTimer(caller: Sipp): void {
  expect(only(caller, 422).get('min-se')).toBe('90');
  for (const method of ['INVITE', 'UPDATE']) {
    const [granted] = caller.received(200).filter(({ cseq }) => cseq?.method === method);
    expect([method, granted?.get('session-expires')]).toEqual([method, '1800;refresher=uac']);
  }
}

describeInNamespaces('dialogs of registered UEs, with a Service-Route and Contacts that lead nowhere', () => {
  let lab: Lab;
  let pairs: SipPairs;

  const run = async (direction: Direction, name: string): Promise<Ends> => {
    const { ue, core } = await pairs.run(direction, `calls/${name}`, { granted: `;expires=600${serviceRoute}` });
    return direction === 'originating' ? { caller: ue, callee: core } : { caller: core, callee: ue };
  };

  beforeAll(async () => {
    lab = await Lab.start();
    pairs = new SipPairs(lab);
  }, 60_000);

  afterAll(async () => {
    await lab.close();
  }, 20_000);

  afterEach(async () => {
    await pairs.close();
    await lab.nothingLeft();
  }, 20_000);

  describe.each(directions)('%s', (direction) => {
    test.each(flows)(
      '%s: %s',
      async (name, _what, check) => {
        check(await run(direction, name));
      },
      40_000,
    );
  });

  test('originating, forked: SDP in the 183s of two forks (F6, G17)', async () => {
    const { caller } = await run('originating', 'forked');
    expectOneSession(caller, 2);
  }, 40_000);
});

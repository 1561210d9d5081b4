interface MediaPath {
  transport: string;
  name: string;
  why: string;
  figures: string;
}

/** A page's script, which has no types here. */
const { PathTeller } = jest.requireActual<{
  PathTeller: new () => { tell(report: readonly object[], state: string): MediaPath };
}>('../../../app/phone/media-path.js');

interface Checks {
  state?: string;
  requestsSent?: number;
  responsesReceived?: number;
}

const candidates = [
  { id: 'lu', type: 'local-candidate', protocol: 'udp' },
  { id: 'lt', type: 'local-candidate', protocol: 'tcp' },
  { id: 'ru', type: 'remote-candidate', protocol: 'udp', address: '198.51.100.1', port: 30_000 },
  { id: 'rt', type: 'remote-candidate', protocol: 'tcp', address: '198.51.100.1', port: 80 },
];

const pair = (id: string, checks: Checks = {}) => ({
  ...{ id, type: 'candidate-pair', localCandidateId: `l${id}`, remoteCandidateId: `r${id}` },
  ...checks,
});

const selected = (id: string) => ({ id: 'T', type: 'transport', selectedCandidatePairId: id });

const unanswered = pair('u', { state: 'in-progress', requestsSent: 7, responsesReceived: 0 });

function told(report: readonly object[], state = 'connected', teller = new PathTeller()): MediaPath {
  return teller.tell([...candidates, ...report], state);
}

describe('Which way media takes, as the web phone tells (J5)', () => {
  it('nothing is chosen yet', () => {
    expect(told([unanswered], 'checking')).toMatchObject({
      transport: 'none',
      why: expect.stringContaining('UDP first'),
    });
  });

  it('UDP', () => {
    const path = told([pair('u', { state: 'succeeded', requestsSent: 1, responsesReceived: 1 }), selected('u')]);
    expect(path).toMatchObject({ transport: 'udp', name: 'UDP', figures: '198.51.100.1:30000' });
  });

  test.each([
    ['its checks had no answer', [unanswered], 'UDP was never answered (7 checks)'],
    ['a browser counts no checks', [pair('u', { state: 'in-progress' })], 'no check over UDP came through'],
    ['it was answered', [pair('u', { state: 'succeeded' })], 'UDP was answered too late, or not for long'],
    ['no pair of it', [], 'UDP was not tried'],
  ])('TCP, and why not UDP: %s', (_, pairs, why) => {
    const path = told([...pairs, pair('t', { state: 'succeeded' }), selected('t')]);
    expect(path).toMatchObject({ transport: 'tcp', name: 'TCP 80', why: `Media takes TCP 80, because ${why}.` });
  });

  test.each([
    ['local-candidate', 'this browser has no UDP (a policy, a proxy, or an extension)'],
    ['remote-candidate', 'the far end offers no UDP'],
  ])('TCP where there is no %s of UDP', (type, why) => {
    const others = candidates.filter((each) => each.type !== type || each.protocol !== 'udp');
    const path = new PathTeller().tell([...others, pair('t'), selected('t')], 'connected');
    expect(path.why).toBe(`Media takes TCP 80, because ${why}.`);
  });

  it('pseudo-TLS (J9)', () => {
    const remote = { id: 'rt', type: 'remote-candidate', protocol: 'ssltcp', address: '198.51.100.1', port: 443 };
    const path = new PathTeller().tell([...candidates.slice(0, 3), remote, pair('t'), selected('t')], 'connected');
    expect(path.why).toContain('Media takes TCP 443 behind a hello of TLS, because');
  });

  test.each([
    ['tcp', 'TURN over TCP'],
    ['tls', 'TURN over TLS'],
    [undefined, 'TURN over UDP'],
  ])('M7: a relay, over %s', (relayProtocol, name) => {
    const relay = { id: 'lr', type: 'local-candidate', protocol: 'udp', candidateType: 'relay', relayProtocol };
    const chosen = { ...pair('r', { state: 'succeeded', requestsSent: 1 }), remoteCandidateId: 'ru' };
    const path = told([relay, unanswered, chosen, selected('r')]);
    const why = `Media takes a relay, ${name}, because UDP was never answered (7 checks).`;
    expect(path).toMatchObject({ transport: 'relay', name, why });
  });

  it('M7: a relay, by the policy of a browser that has no other way', () => {
    const relay = { id: 'lr', type: 'local-candidate', protocol: 'udp', candidateType: 'relay', relayProtocol: 'tcp' };
    const [, , ...remotes] = candidates;
    const chosen = { ...pair('r'), remoteCandidateId: 'ru' };
    expect(new PathTeller().tell([...remotes, relay, chosen, selected('r')], 'connected').why).toContain(
      'because this browser has no UDP (a policy, a proxy, or an extension)',
    );
  });

  it('UDP first, then TCP', () => {
    const teller = new PathTeller();
    told([pair('u', { state: 'succeeded' }), selected('u')], 'connected', teller);
    expect(told([pair('t'), selected('t')], 'connected', teller).why).toContain('UDP stopped to answer in the call');
  });

  it('what a browser has forgotten is still known', () => {
    const teller = new PathTeller();
    told([unanswered], 'checking', teller);
    expect(told([pair('t'), selected('t')], 'connected', teller).why).toContain('7 checks');
  });

  it('as Firefox tells it, without transports', () => {
    const path = told([{ ...pair('t', { state: 'succeeded' }), selected: true }]);
    expect(path).toMatchObject({ transport: 'tcp', name: 'TCP 80' });
  });

  it('nothing was answered', () => {
    const path = told([unanswered], 'failed');
    expect(path).toMatchObject({ transport: 'failed', why: expect.stringContaining('(7 checks over UDP)') });
  });

  it('figures of the call', () => {
    const chosen = { ...pair('t', { state: 'succeeded' }), currentRoundTripTime: 0.0123 };
    const heard = { id: 'I', type: 'inbound-rtp', kind: 'audio', packetsReceived: 50, packetsLost: 1 };
    const sent = { id: 'O', type: 'outbound-rtp', kind: 'audio', packetsSent: 49 };
    expect(told([chosen, selected('t'), heard, sent]).figures).toBe(
      '198.51.100.1:80 · round trip 12 ms · 50 packets in, 1 lost · 49 out',
    );
  });
});

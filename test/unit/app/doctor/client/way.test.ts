import { callsFinding, wayFinding, waysOf, type Asked, type Way } from '../../../../../app/doctor/client/way';

const tls = { insecure: true };
const ways = waysOf({ tls });
const way = (what: string) => ways.find((each) => each.what === what)!;
const open: Asked = { status: 200 };
const closed: Asked = {
  code: 'edge-unreachable',
  message: 'The edge at edge.example.net:80 cannot be reached: no answer.',
};

/** The ways that are named work, the others do not. */
function asked(...working: string[]): Map<Way, Asked> {
  return new Map(ways.map((each) => [each, working.includes(each.what) ? open : closed]));
}

describe('what a client’s machine finds', () => {
  test('I3: by a proxy, the ports that clients have it open', () => {
    const proxy = { host: '192.0.2.3', port: 3128 };
    const byProxy = waysOf({ tls, proxy });
    expect(byProxy.map(({ what }) => what)).toEqual([
      'SIP over TCP, TCP 80 by the proxy',
      'SIP over WebSocket, TCP 80 by the proxy',
      'SIP over TCP, TCP 443 by the proxy',
      'SIP over TLS, TCP 443 by the proxy',
      'SIP over secure WebSocket, TCP 443 by the proxy',
    ]);
    expect(byProxy.every(({ transport }) => transport.proxy === proxy)).toBe(true);
  });

  test.each<[string, Asked, Partial<ReturnType<typeof wayFinding>>]>([
    ['an answer', open, { state: 'good', found: 'it answers 200' }],
    ['a refusal, which is one too', { status: 403 }, { state: 'good', found: 'it answers 403' }],
    ['503: a drain', { status: 503 }, { state: 'doubtful', help: expect.stringContaining('/ready') as string }],
    ['silence', closed, { state: 'doubtful', help: expect.stringContaining('firewall') as string }],
    [
      'a certificate of somebody else',
      { code: 'certificate-untrusted', message: 'x' },
      { state: 'doubtful', help: expect.stringContaining('TLS_CERT_FILE') as string },
    ],
    [
      'a proxy that refuses',
      { code: 'proxy-refused', message: 'x' },
      { state: 'doubtful', help: expect.stringContaining('443') as string },
    ],
  ])('I3: %s', (_, result, expected) => {
    expect(wayFinding(way('SIP over TLS, TCP 443'), result)).toMatchObject(expected);
  });

  test.each<[string, string[], boolean, 'good' | 'doubtful' | 'bad', string]>([
    ['nothing passes', [], false, 'bad', 'no way to the edge'],
    ['UDP alone passes', [], true, 'bad', 'no way to the edge'],
    ['TCP 80 alone', ['SIP over TCP, TCP 80'], false, 'good', 'TCP 80'],
    ['TCP 443 alone', ['SIP over TCP, TCP 443'], false, 'good', 'TCP 443'],
    ['all', ways.map(({ what }) => what), true, 'good', 'UDP, else by TCP 80, TCP 443'],
    ['UDP, and SIP on 5060 alone', ['SIP over TCP, TCP 5060'], true, 'doubtful', 'UDP'],
    ['SIP on 5060 alone', ['SIP over TCP, TCP 5060'], false, 'bad', 'no way for media'],
    ['HTTP alone: a proxy on the way', ['SIP over WebSocket, TCP 80'], false, 'bad', 'no way for media'],
    ['TLS alone', ['SIP over TLS, TCP 443'], false, 'doubtful', 'TLS alone'],
  ])('I3: calls, where %s', (_, working, udp, state, found) => {
    const finding = callsFinding(asked(...working), udp);
    expect(finding.state).toBe(state);
    expect(finding.found).toContain(found);
    expect(finding.help === '').toBe(state === 'good');
  });
});

import { Crossing } from '../../../lib/access/crossing';
import { parseSipMessage, type SipMessage } from '../../../lib/wire/sip-message';

const server = { address: '192.0.2.1', port: 5060 };
const crossing = (over: Partial<ConstructorParameters<typeof Crossing>[0]> = {}) =>
  new Crossing(
    {
      ...{ id: 'flow', transport: 'tls', remoteAddress: '203.0.113.5', remotePort: 40_000 },
      contact: { host: 'edge.example', port: 5061 },
      serverSide: { address: '192.0.2.2', port: 50_000 },
      ...over,
    },
    server,
  );

function message(startLine: string, headers: readonly string[] = []): SipMessage {
  const all = ['From: <sip:a@h>;tag=1', 'To: <sip:b@h>', 'Call-ID: c', ...headers, 'Content-Length: 0', '', ''];
  return parseSipMessage([startLine, ...all].join('\r\n'))!.message;
}

const serversVia = 'Via: SIP/2.0/TCP 192.0.2.1;branch=z9hG4bKserver, SIP/2.0/UDP 10.0.0.1;branch=z9hG4bKcore';
const uesVia = 'Via: SIP/2.0/TLS 203.0.113.5;branch=z9hG4bKue';
/** What parts of the edge tell each other by. */
const privates = ['X-Edge80-Body: key', 'x-edge80-errand: e', 'X-Edge80-Hidden-Expires: 60', 'X-EDGE80-Uncarried: yes'];
const privateOf = ({ headers }: SipMessage) => headers.filter(({ name }) => /^x-edge80-/i.test(name));

/** A request of the server as it goes to the UE, and the UE's response to it. */
function delivered(way: Crossing, method = 'MESSAGE') {
  const request = message(`${method} sip:b@h SIP/2.0`, [serversVia, `CSeq: 1 ${method}`]);
  way.requestToUe(request);
  const answer = (vias = request.values('via'), more: string[] = []) =>
    message('SIP/2.0 200 OK', [...vias.map((via) => `Via: ${via}`), `CSeq: 1 ${method}`, ...more]);
  return { request, answer };
}

describe('N5: no one else sets or sees the headers by which parts of the edge tell each other', () => {
  test('a request of a UE has none of them, and no Route of its own', () => {
    const request = message('MESSAGE sip:b@h SIP/2.0', [
      uesVia,
      'CSeq: 1 MESSAGE',
      'Route: <sip:inside;lr>',
      ...privates,
    ]);
    crossing().requestToServer(request);
    expect([privateOf(request), request.values('route')]).toEqual([[], []]);
  });

  test('nor has a response of a UE', () => {
    const way = crossing();
    const response = delivered(way).answer(undefined, privates);
    expect(way.responseToServer(response)).toBe(true);
    expect(privateOf(response)).toEqual([]);
  });

  test('a UE sees none of a request', () => {
    const request = message('MESSAGE sip:b@h SIP/2.0', [serversVia, 'CSeq: 1 MESSAGE', ...privates]);
    crossing().requestToUe(request);
    expect(privateOf(request)).toEqual([]);
  });

  test('and of a response what was hidden from the server alone, as what it is', () => {
    const way = crossing();
    const request = message('REGISTER sip:h SIP/2.0', [uesVia, 'CSeq: 1 REGISTER']);
    way.requestToServer(request);
    const vias = request.values('via').map((via) => `Via: ${via}`);
    const response = message('SIP/2.0 200 OK', [...vias, 'CSeq: 1 REGISTER', ...privates]);
    expect(way.responseToUe(response)).toBe(true);
    expect([privateOf(response), response.get('expires')]).toEqual([[], '60']);
    expect(response.values('via')).toEqual([uesVia.slice(5)]);
  });
});

describe('responses go back the way of their request, and no other', () => {
  test('the server gets its own Vias back, of which the UE saw none', () => {
    const way = crossing();
    const { request, answer } = delivered(way);
    expect(request.values('via')).toEqual([expect.stringMatching(/^SIP\/2\.0\/TLS edge\.example:5061;branch=z9hG4bK/)]);
    expect(request.values('via')[0]).not.toMatch(/core|10\.0/);
    const response = answer();
    expect(way.responseToServer(response)).toBe(true);
    expect(response.values('via').join(', ')).toBe(serversVia.slice(5));
  });

  test.each<[string, (via: string) => string[]]>([
    ['no Via', () => []],
    ['another branch', (via) => [via.replace(/branch=.*/, 'branch=z9hG4bKother')]],
    ['a branch that is none of RFC 3261', (via) => [via.replace('z9hG4bK', 'z9hG4bX')]],
    ['another host', (via) => [via.replace('edge.example', 'other.example')]],
    ['another port', (via) => [via.replace('5061', '5062')]],
    ['another transport', (via) => [via.replace('/TLS', '/TCP')]],
    ['a changed one', (via) => [via.replace(/.(?=.{8}$)/, (last) => (last === 'A' ? 'B' : 'A'))]],
  ])('a response of a UE to no request of the server goes nowhere: %s', (_, changed) => {
    const way = crossing();
    const { request, answer } = delivered(way);
    expect(way.responseToServer(answer(changed(request.values('via')[0] ?? '')))).toBe(false);
  });

  test('nor does one with the Via of another connection', () => {
    const { answer } = delivered(crossing());
    expect(crossing().responseToServer(answer())).toBe(false);
  });

  test.each<[string, (vias: string[]) => string[]]>([
    ['without ours', ([, ...others]) => others],
    ['without the UE’s', ([ours = '']) => [ours]],
    ['with that of another connection', ([ours = '', ...others]) => [ours.replace('50000', '50001'), ...others]],
    ['with none', () => []],
  ])('a response of the server to no request of the UE goes nowhere: %s', (_, changed) => {
    const way = crossing();
    const request = message('MESSAGE sip:b@h SIP/2.0', [uesVia, 'CSeq: 1 MESSAGE']);
    way.requestToServer(request);
    const vias = changed(request.values('via')).map((via) => `Via: ${via}`);
    expect(way.responseToUe(message('SIP/2.0 200 OK', [...vias, 'CSeq: 1 MESSAGE']))).toBe(false);
  });
});

describe('dialogs stay on the connection', () => {
  const own = '<sip:192.0.2.2:50000;transport=tcp;lr>';

  test.each([
    ['INVITE', '', [own]],
    ['SUBSCRIBE', '', [own]],
    ['INVITE', ';tag=2', []],
    ['MESSAGE', '', []],
  ])('a request of the UE that begins one: %s %s', (method, tag, routes) => {
    const request = message(`${method} sip:b@h SIP/2.0`, [uesVia, `CSeq: 1 ${method}`]);
    request.set('To', `<sip:b@h>${tag}`);
    crossing().requestToServer(request);
    expect(request.values('record-route')).toEqual(routes);
  });

  test.each([
    ['INVITE', 100, ';tag=2', []],
    ['INVITE', 101, ';tag=2', [own]],
    ['INVITE', 180, '', []],
    ['INVITE', 299, ';tag=2', [own]],
    ['INVITE', 300, ';tag=2', []],
    ['SUBSCRIBE', 200, ';tag=2', [own]],
    ['MESSAGE', 200, ';tag=2', []],
  ])('a response of the UE that makes one: %s %i %s', (method, status, tag, routes) => {
    const way = crossing();
    const response = delivered(way, method).answer();
    response.startLine = `SIP/2.0 ${status} X`;
    response.set('To', `<sip:b@h>${tag}`);
    way.responseToServer(response);
    expect(response.values('record-route')).toEqual(routes);
  });
});

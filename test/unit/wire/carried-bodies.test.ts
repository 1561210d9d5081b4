import { CarriedBodies, mustBeCarried } from '../../../lib/wire/carried-bodies';
import { fromServer, toServer } from '../../../lib/drachtio/carrying';
import { SipMessage } from '../../../lib/wire/sip-message';

const binary = '\0\x7f\x80\xff\r\n\r\n';

let now = 0;
let bodies: CarriedBodies;

beforeEach(() => {
  now = 0;
  bodies = new CarriedBodies(() => now, { most: 10_000, life: 1000 });
});

test.each([
  ['text', 'hello\r\n\t\xc3\xbc\xff\x01', false],
  ['a NUL', 'a\0b', true],
  ['much', 'x'.repeat(4097), true],
  ['nothing', '', false],
])('P5: %s goes past the server: %s', (_what, body, isCarried) => {
  expect(mustBeCarried(body)).toBe(isCarried);
  const message = new SipMessage('MESSAGE sip:a SIP/2.0', [], body);
  bodies.take(message);
  expect(message.body).toBe(isCarried ? '' : body);
  expect(bodies.putBack(message)).toBe(true);
  expect([message.body, message.headers]).toEqual([body, []]);
});

test('P5: a body is known as long as it may be asked for, and no longer', () => {
  const name = bodies.put(binary);
  now = 999;
  expect([bodies.get(name), bodies.get(name), bodies.get('0'.repeat(32))]).toEqual([binary, binary, undefined]);
  now = 1000;
  const message = new SipMessage('MESSAGE sip:a SIP/2.0').add('X-Edge80-Body', name);
  expect([bodies.get(name), bodies.putBack(message), message.body]).toEqual([undefined, false, '']);
  bodies.put('x');
  expect(bodies.bytes).toBeLessThan(1000);
});

test('P5: the oldest bodies make room, so that they never take more than they may', () => {
  const names = Array.from({ length: 50 }, () => bodies.put('x'.repeat(3000)));
  expect(bodies.bytes).toBeLessThanOrEqual(10_000);
  expect(names.map((name) => bodies.get(name) !== undefined)).toEqual(names.map((_name, i) => i >= 48));
});

describe('frames of the link to the server', () => {
  const head = 'id|sip||dialog\r\nMESSAGE sip:a SIP/2.0\r\nSubject: x';

  test('P5: a body is named there, and put back', () => {
    const sent = toServer(`${head}\r\ncontent-length: 8\r\n\r\n${binary}`, bodies);
    expect(sent).toMatch(/\r\nX-Edge80-Body: [\da-f]{32}\r\n\r\n$/);
    expect(fromServer(sent, bodies)).toBe(`${head}\r\nContent-Length: ${binary.length}\r\n\r\n${binary}`);
  });

  test('P5: an SDP without a Content-Type gets that which the server would give it', () => {
    expect(toServer(`${head}\r\n\r\nv=0\r\n${'x'.repeat(5000)}`, bodies)).toContain(
      '\r\nContent-Type: application/sdp\r\n',
    );
  });

  test('P5: where nobody could put it back, it stays', () => {
    const frame = `${head}\r\nX-Edge80-Uncarried: yes\r\n\r\n${binary}`;
    expect(toServer(frame, bodies)).toBe(`${head}\r\n\r\n${binary}`);
    expect(toServer(frame, undefined)).toBe(`${head}\r\n\r\n${binary}`);
  });

  test('P5: who makes a name up gets no body', () => {
    bodies.put(binary);
    const frame = `${head}\r\nx-edge80-body: ${'0'.repeat(32)}\r\nX-Edge80-Body: \r\nContent-Length: 2\r\n\r\nhi`;
    expect(fromServer(frame, bodies)).toMatch(/\r\nContent-Length: 0\r\n\r\n$/);
    expect(fromServer(`${head}\r\n\r\nX-Edge80-Body: 1`, bodies)).toBe(`${head}\r\n\r\nX-Edge80-Body: 1`);
  });
});

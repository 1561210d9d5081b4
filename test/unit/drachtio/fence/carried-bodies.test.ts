import { CarriedBodies, mustBeCarried } from '../../../../lib/drachtio/fence/carried-bodies';
import { fromServer, toServer } from '../../../../lib/drachtio/carrying';
import { SipMessage } from '../../../../lib/wire/sip-message';

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
  bodies.take(message, 'ue a');
  expect(message.body).toBe(isCarried ? '' : body);
  expect(bodies.putBack(message)).toBe(true);
  expect([message.body, message.headers]).toEqual([body, []]);
});

test('P5: a body is known as long as it may be asked for, and no longer', () => {
  const name = bodies.put(binary, 'ue a');
  now = 999;
  expect([bodies.get(name), bodies.get(name), bodies.get('0'.repeat(32))]).toEqual([binary, binary, undefined]);
  now = 1000;
  const message = new SipMessage('MESSAGE sip:a SIP/2.0').add('X-Edge80-Body', name);
  expect([bodies.get(name), bodies.putBack(message), message.body]).toEqual([undefined, false, '']);
  bodies.put('x', 'ue a');
  expect(bodies.bytes).toBeLessThan(1000);
});

test('P5: the oldest bodies make room, so that they never take more than they may', () => {
  const names = Array.from({ length: 50 }, () => bodies.put('x'.repeat(3000), 'ue a'));
  expect(bodies.bytes).toBeLessThanOrEqual(10_000);
  expect(names.map((name) => bodies.get(name) !== undefined)).toEqual(names.map((_name, i) => i >= 48));
});

test('N3: UEs that send too much lose bodies of their own, and those of others stay', () => {
  const waiting = bodies.put('w'.repeat(1500), 'ue waiting');
  const isThere = (name: string) => bodies.get(name) !== undefined;
  const greedy = Array.from({ length: 20 }, (_each, i) => bodies.put('x'.repeat(1000), `ue ${i % 2}`));
  expect([isThere(waiting), greedy.map(isThere)]).toEqual([true, greedy.map((_name, i) => i >= 15)]);
  const large = bodies.put('y'.repeat(9000), 'ue other');
  expect([isThere(waiting), isThere(large), bodies.bytes <= 10_000]).toEqual([true, false, true]);
});

test('N3: of those who hold as much as each other, the one whose body is the oldest makes room', () => {
  const names = Array.from({ length: 7 }, (_each, i) => {
    now += 1;
    return bodies.put('x'.repeat(1500), `ue ${i}`);
  });
  expect(names.map((name) => bodies.get(name) !== undefined)).toEqual(names.map((_name, i) => i >= 2));
});

test('N3: who holds nothing any more is not remembered, and has his share anew', () => {
  bodies.put('x'.repeat(5000), 'ue a');
  now += 1000;
  const other = bodies.put('y'.repeat(4000), 'ue b');
  const again = bodies.put('x'.repeat(3000), 'ue a');
  bodies.put('z'.repeat(2000), 'ue c');
  expect([bodies.get(other), bodies.get(again)?.length]).toEqual([undefined, 3000]);
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

  test('N3: a body takes the share of whom the app names, which the server does not see', () => {
    const held = jest.spyOn(bodies, 'put');
    const noted = `${head}\r\nx-edge80-holder: ue alice%40h\r\nX-A: b`;
    expect(toServer(`${noted}\r\n\r\nhi`, bodies)).toBe(`${head}\r\nX-A: b\r\n\r\nhi`);
    expect(toServer(`${noted}\r\n\r\nhi`, undefined)).toBe(`${head}\r\nX-A: b\r\n\r\nhi`);
    expect(toServer(`${noted}\r\n\r\n${binary}`, bodies)).not.toMatch(/holder/i);
    expect(held).toHaveBeenLastCalledWith(binary, 'ue alice%40h');
  });

  test('P5: who makes a name up gets no body', () => {
    bodies.put(binary, 'ue a');
    const frame = `${head}\r\nx-edge80-body: ${'0'.repeat(32)}\r\nX-Edge80-Body: \r\nContent-Length: 2\r\n\r\nhi`;
    expect(fromServer(frame, bodies)).toMatch(/\r\nContent-Length: 0\r\n\r\n$/);
    expect(fromServer(`${head}\r\n\r\nX-Edge80-Body: 1`, bodies)).toBe(`${head}\r\n\r\nX-Edge80-Body: 1`);
  });
});

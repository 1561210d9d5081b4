import { candidatePriority, gatewayPriority, tcpLocalPreference, typePreference } from '../../../lib/ice/priority';

test.each([
  ['the first address', 0, 0, 8388863],
  ['the second address', 1, 0, 8389119],
  ['raised above relay candidates', 0, 10, 176161023],
])('B4 B5: the priority of %s', (_name, other, type, expected) => {
  expect(gatewayPriority(other, type)).toBe(expected);
});

test('B4: the example of RFC 6544 and the usual UDP host candidate', () => {
  expect(candidatePriority(typePreference.host, tcpLocalPreference('passive', 8191), 1)).toBe(
    126 * 2 ** 24 + 40959 * 256 + 255,
  );
  expect(candidatePriority(typePreference.host, 65535, 1)).toBe(2130706431);
});

test('B5: below every UDP candidate, relay included', () => {
  expect(gatewayPriority(1)).toBeLessThan(candidatePriority(typePreference.relayed, 65535, 1));
});

test.each([
  ['active', false, 6],
  ['passive', false, 4],
  ['so', false, 2],
  ['so', true, 6],
  ['active', true, 4],
  ['passive', true, 2],
] as const)('B4: direction preference of %s, reflexive %s', (tcpType, reflexive, direction) => {
  expect(tcpLocalPreference(tcpType, 5, reflexive)).toBe(8192 * direction + 5);
});

import { anchorAddress } from '../../../app/anchor-address';

it.each([
  ['198.51.100.1', ['10.0.0.5!198.51.100.1', '2001:db8::1'], '10.0.0.5'],
  ['2001:db8::1', ['10.0.0.5!198.51.100.1', '2001:db8::1'], '2001:db8::1'],
  ['2001:db8::1', ['fd00::5!2001:db8::1'], 'fd00::5'],
  ['198.51.100.7', [], '198.51.100.7'],
])('B21: rtpengine that advertises %s, with the interfaces %j, is reached at %s', (advertised, interfaces, bound) => {
  expect(anchorAddress(interfaces)(advertised)).toBe(bound);
});

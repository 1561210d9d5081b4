import { parseContact } from '../../../lib/wire/contact';
import { SideByAddress } from '../../../lib/sip/side-by-address';

describe('the side by address', () => {
  const sides = new SideByAddress(
    [parseContact('sip:198.51.100.1;transport=udp,tcp'), parseContact('sip:[2001:db8::1]:5070')],
    [parseContact('sip:192.0.2.1:5060')],
  );

  test.each([
    ['198.51.100.1:5060', 'access'],
    ['2001:db8::1:5070', 'access'],
    ['[2001:DB8::1]:5070', 'access'],
    ['192.0.2.1:5060', 'core'],
    ['192.0.2.1:5061', undefined],
    ['203.0.113.1:5060', undefined],
    [undefined, undefined],
  ])('%s is %s', (receivedOn, side) => {
    expect(sides.of(receivedOn)).toBe(side);
  });

  test('one address for both sides is refused', () => {
    const contact = parseContact('sip:192.0.2.1:5060');
    expect(() => new SideByAddress([contact], [contact])).toThrow('both an access and a core contact');
  });
});

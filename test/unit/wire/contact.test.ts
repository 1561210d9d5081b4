import { parseContact } from '../../../lib/wire/contact';

describe('a contact', () => {
  test.each([
    '',
    'http://192.0.2.1',
    'sip:',
    'tel:112',
    'sip:me@192.0.2.1',
    'sip:192.0.2.1:0',
    'sip:192.0.2.1;lr',
    'sip:192.0.2.1?a=b',
    '192.0.2.1:5060',
  ])('"%s" is no contact', (text) => {
    expect(() => parseContact(text)).toThrow('no SIP contact');
  });

  test('one for TLS has 5061 as its default port', () => {
    expect(parseContact('sips:192.0.2.1').port).toBe(5061);
  });
});

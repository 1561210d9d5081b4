import { identityOf, isSameUri } from '../../../lib/wire/uri-comparison';

describe('G22: URIs that mean the same', () => {
  test.each([
    // The examples of RFC 3261 §19.1.4.
    ['sip:%61lice@atlanta.com;transport=TCP', 'sip:alice@AtlanTa.CoM;Transport=tcp'],
    ['sip:carol@chicago.com', 'sip:carol@chicago.com;newparam=5'],
    ['sip:carol@chicago.com;newparam=5', 'sip:carol@chicago.com;security=on'],
    [
      'sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com',
      'sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com',
    ],
    [
      'sip:alice@atlanta.com?subject=project%20x&priority=urgent',
      'sip:alice@atlanta.com?priority=urgent&subject=project%20x',
    ],
    // Of our own.
    ['sip:a@h;transport=tcp;lr', 'sip:a@h;lr;transport=tcp'],
    ['SIP:a@h', 'sip:a@h'],
    ['sip:+1202@h', 'sip:%2B1202@h'],
    ['sip:a@h;line=%61', 'sip:a@h;line=a'],
    ['sip:a@[2001:db8::1]', 'sip:a@[2001:DB8:0::1]'],
    ['tel:+1-202-555', 'tel:+1202555'],
    ['tel:7042;isub=1;phone-context=example.com', 'tel:7042;phone-context=Example.COM;isub=1'],
    ['tel:7042;phone-context=+1-202', 'tel:70.42;phone-context=+1202'],
  ])('%s and %s', (one, other) => {
    expect(isSameUri(one, other)).toBe(true);
    expect(isSameUri(other, one)).toBe(true);
  });

  test.each([
    ['SIP:ALICE@AtLanTa.CoM;Transport=udp', 'sip:alice@AtLanTa.CoM;Transport=UDP'],
    ['sip:bob@biloxi.com', 'sip:bob@biloxi.com:5060'],
    ['sip:bob@biloxi.com', 'sip:bob@biloxi.com;transport=udp'],
    ['sip:bob@biloxi.com', 'sip:bob@biloxi.com:6000;transport=tcp'],
    ['sip:carol@chicago.com', 'sip:carol@chicago.com?Subject=next%20meeting'],
    ['sip:bob@phone21.boxesbybob.com', 'sip:bob@192.0.2.4'],
    ['sip:a@h', 'sips:a@h'],
    ['sip:a@h', 'sip:h'],
    ['sip:a@h;line=1', 'sip:a@h;line=2'],
    ['sip:a@h', 'sip:a@h;maddr=192.0.2.1'],
    ['sip:a%3Ab@h', 'sip:a:b@h'],
    ['tel:7042;phone-context=a.example', 'tel:7042;phone-context=b.example'],
    ['tel:7042;phone-context=a.example', 'tel:7042'],
    ['tel:1202', 'tel:+1202'],
    ['urn:service:sos', 'urn:service:SOS'],
  ])('%s and %s do not', (one, other) => {
    expect(isSameUri(one, other)).toBe(false);
    expect(isSameUri(other, one)).toBe(false);
  });
});

test.each([
  ['sip:alice@IMS.example;user=phone', 'sip:alice@ims.example'],
  ['sip:%2B1202@ims.example;user=phone', 'sip:+1202@ims.example'],
  ['sip:+1-(202)-555@ims.example;user=phone', 'sip:+1202555@ims.example'],
  ['sip:555-0100@ims.example', 'sip:555-0100@ims.example'],
  ['sip:7042;phone-context=IMS.example@ims.example;user=phone', 'sip:7042;phone-context=ims.example@ims.example'],
  ['sip:7042%3Bphone-context=ims.example@ims.example;user=phone', 'sip:7042;phone-context=ims.example@ims.example'],
  ['tel:+1-202-555;isub=1', 'tel:+1202555;isub=1'],
  ['tel:7042;phone-context=ims.example', 'tel:7042;phone-context=ims.example'],
  ['sip:alice@ims.example:5070', 'sip:alice@ims.example:5070'],
  ['sip:ims.example', 'sip:ims.example'],
  ['sip:a@[2001:DB8::0:1]', 'sip:a@[2001:db8::1]'],
  ['urn:service:sos', 'urn:service:sos'],
])('G9: %s is the identity %s', (uri, identity) => {
  expect(identityOf(uri)).toBe(identity);
  expect(identityOf(identity)).toBe(identity);
});

test('N3: URIs are compared in time that grows with their length alone', () => {
  const user = 'a'.repeat(200_000);
  expect(isSameUri(`sip:${user}@h?x=1`, `sip:%61${user.slice(1)}@h?X=1`)).toBe(true);
  expect(isSameUri(`sip:${user}@h;a=b`, `sip:${user}@h?x=1`)).toBe(false);
});

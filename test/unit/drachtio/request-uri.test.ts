import { asSipUri, withPlainUser } from '../../../lib/drachtio/request-uri';

test.each([
  ['sip:bob@ims.example', 'sip:bob@ims.example'],
  ['sip:0100;phone-context=+1@ims.example;user=phone', 'sip:0100%3Bphone-context=+1@ims.example;user=phone'],
  ['sip:s,p?@ims.example', 'sip:s%2Cp%3F@ims.example'],
  ['sip:ims.example;a=b@c', 'sip:ims.example%3Ba=b@c'],
  ['sip:ims.example', 'sip:ims.example'],
  ['urn:service:sos', 'urn:service:sos'],
])('the user part of %s is sent as %s', (uri, sent) => {
  expect(withPlainUser(uri)).toBe(sent);
});

test.each([
  ['tel:+1-555;phone-context=x', 'sip:+1-555;phone-context=x@core.example;user=phone'],
  ['urn:service:sos', 'sip:core.example'],
  ['sips:bob@ims.example', 'sips:bob@ims.example'],
])('the server is given a SIP URI for %s', (uri, sent) => {
  expect(asSipUri(uri, 'core.example')).toBe(sent);
});

import { parseSipUri } from '../../../lib/wire/sip-uri';

test.each([
  ['sip:alice@ims.example?subject=x', 'sip:alice@ims.example'],
  ['sip:alice@ims.example;lr?subject=x&to=a?b', 'sip:alice@ims.example;lr'],
  ['sip:who?me@ims.example', 'sip:who?me@ims.example'],
  ['sip:who?me@ims.example:5070;lr?subject=x', 'sip:who?me@ims.example:5070;lr'],
  ['sip:?@ims.example', 'sip:?@ims.example'],
])('%s is written without its headers, and with all of its user part', (text, written) => {
  expect(parseSipUri(text)?.text).toBe(written);
});

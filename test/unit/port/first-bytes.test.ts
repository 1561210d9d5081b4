import * as fc from 'fast-check';
import { openingOf, type Opening } from '../../../lib/port/first-bytes';

const longestFrame = 1280;
const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');
const latin1 = (text: string) => Buffer.from(text, 'latin1');

/** Captured, or as an RFC has them. */
const openings: [Opening, string, Buffer][] = [
  ['media', 'a check of Chromium', hex('0064 0001 0050 2112')],
  ['media', 'a check of libnice', hex('005c 0001 0048 2112')],
  ['media', 'null packets before a check', hex('0000 0000 0064 0001 0050 2112')],
  ['media', 'a null packet before a check whose type and length look like a cookie', hex('0000 0064 2112 a442 2112')],
  ['turn', 'an Allocate of baresip', hex('0003 0030 2112 a442')],
  ['turn', 'an Allocate of linphone and Chromium', hex('0003 0008 2112 a442')],
  ['turn', 'an Allocate of aioice', hex('0003 0010 2112 a442')],
  ['turn', "an Allocate of coturn's client", hex('0003 0028 2112 a442')],
  ['turn', 'a Binding request without a frame', hex('0001 0000 2112 a442')],
  ['turn', 'a Send indication', hex('0016 0014 2112 a442')],
  ['tls', 'TLS 1.0 in the record, as all have it', hex('1603 0102 0001 0001')],
  ['tls', 'TLS 1.2 in the record', hex('1603 0302 0001 0001')],
  ['ssltcp', "libwebrtc's hello", hex('8046 0103 0100 2d00')],
  ['sip', 'REGISTER', latin1('REGISTER sip:ims.example SIP/2.0\r\n')],
  ['sip', 'OPTIONS', latin1('OPTIONS sip:ims.example SIP/2.0\r\n')],
  ['sip', 'an emergency call', latin1('INVITE urn:service:sos SIP/2.0\r\n')],
  ['sip', 'a number', latin1('INVITE tel:+15550100 SIP/2.0\r\n')],
  ['sip', 'a scheme in capitals', latin1('REGISTER SIP:ims.example SIP/2.0\r\n')],
  ['sip', 'a URI of presence', latin1('SUBSCRIBE pres:alice@ims.example SIP/2.0\r\n')],
  ['sip', 'a method that nobody knows', latin1('X-PING sips:ims.example SIP/2.0\r\n')],
  ['sip', 'keep-alive', latin1('\r\n\r\n')],
  ['sip', 'half of a keep-alive', latin1('\r\n')],
  ['http', 'GET', latin1('GET / HTTP/1.1\r\n')],
  ['http', 'OPTIONS of a path', latin1('OPTIONS /x HTTP/1.1\r\n')],
  ['http', 'OPTIONS of all', latin1('OPTIONS * HTTP/1.1\r\n')],
  ['http', 'an absolute URI', latin1('GET http://edge.example/ HTTP/1.1\r\n')],
  ['http', 'CONNECT', latin1('CONNECT edge.example:443 HTTP/1.1\r\n')],
  ['http', 'the preface of HTTP/2', latin1('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')],
  ['strange', 'a message of STUN with another cookie', hex('0003 0008 2112 a443')],
  ['strange', 'a message of STUN whose length is none', hex('0003 0009 2112 a442')],
  ['strange', 'a message of STUN that is too long', hex('0003 0510 2112 a442')],
  ['strange', 'a message of STUN of the reserved method', hex('0000 0008 2112 a442')],
  ['strange', 'data of a channel before its allocation', hex('4000 0008 8000 0001')],
  ['strange', 'a frame that is no STUN', hex('0064 8000 0001 0203')],
  ['strange', 'a frame of another cookie', hex('0064 0001 0050 2113')],
  ['strange', 'a first frame that is too long', hex('1000 0001 0050 2112')],
  ['strange', 'nothing but null packets', Buffer.alloc(20)],
  ['strange', 'MSRP without frames', latin1('MSRP a1b2 SEND\r\n')],
  ['strange', 'SSH', latin1('SSH-2.0-OpenSSH_9.2\r\n')],
  ['strange', 'a response of SIP', latin1('SIP/2.0 200 OK\r\n')],
  [
    'strange',
    'a header of PROXY, from whom it is not believed',
    latin1('PROXY TCP4 203.0.113.9 198.51.100.1 1 80\r\n'),
  ],
  ['strange', 'a method in small letters', latin1('get / HTTP/1.1\r\n')],
  ['strange', 'a method without end', latin1('A'.repeat(40))],
  ['strange', 'a scheme without end', latin1(`INVITE ${'a'.repeat(40)}:`)],
  ['strange', 'a request without a scheme', latin1('INVITE bob SIP/2.0\r\n')],
];

test.each(openings)('J1: %s: %s', (opening, _, bytes) => {
  expect(openingOf(bytes, longestFrame)).toBe(opening);
});

test.each(openings)('J1: %s: %s, cut anywhere, is never taken for something else', (opening, _, bytes) => {
  for (let length = 0; length < bytes.length; length++) {
    expect(['undecided', opening]).toContain(openingOf(bytes.subarray(0, length), longestFrame));
  }
});

test('J1: what is decided stays so, whatever follows', () => {
  const opening = fc.constantFrom(...openings.map(([, , bytes]) => bytes));
  fc.assert(
    fc.property(fc.oneof(opening, fc.uint8Array({ maxLength: 24 })), fc.uint8Array(), (bytes, more) => {
      const before = openingOf(Buffer.from(bytes), longestFrame);
      const after = openingOf(Buffer.concat([bytes, more]), longestFrame);
      expect(before === 'undecided' || before === after).toBe(true);
    }),
  );
});

test('J1: 64 bytes are enough to decide', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 64, maxLength: 64 }), (bytes) => {
      expect(openingOf(Buffer.from(bytes), longestFrame)).not.toBe('undecided');
    }),
  );
});

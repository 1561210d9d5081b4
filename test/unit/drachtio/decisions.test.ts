import { dialledFrom } from '../../../lib/drachtio/fence/toward-server';
import { cancelPastServer, refusalPastServer } from '../../../lib/drachtio/past-server';
import { methodForChange } from '../../../lib/drachtio/refreshers';
import { isAnswered, whyUnsent } from '../../../lib/drachtio/refusals';
import { serverContact } from '../../../lib/drachtio/server-contact';
import { idAtReceiver, serverDialogId } from '../../../lib/drachtio/server-dialog-id';
import type { SentRequest } from '../../../lib/drachtio/messages';
import { receivedInvite } from '../sip/received-request';

/* What is decided at the boundary to drachtio-server, without one. */

test.each([
  ['DNS lookup failed for core.example', 'its name does not resolve'],
  ['host name not found', 'its name does not resolve'],
  ['requested protocol/transport not available', 'CORE_CONTACTS has no contact of its transport and address family'],
  ['can not send request to myself', 'it is an address of this edge'],
  ['missing content-type', undefined],
])('"%s" is said because %s', (said, reason) => {
  expect(whyUnsent(said)).toBe(reason);
});

test('a response that is not sent tells whether its request has been answered', () => {
  const texts = ['Response not sent due to unknown transaction', 'Remote endpoint does not support 100rel'];
  expect(texts.map(isAnswered)).toEqual([true, false]);
});

test.each([
  [{ isInvite: true, isOffer: true, hasTimer: false }, 'INVITE'],
  [{ isInvite: false, isOffer: true, hasTimer: true }, 'INVITE'],
  [{ isInvite: false, isOffer: true, hasTimer: false }, 'UPDATE'],
  [{ isInvite: false, isOffer: false, hasTimer: true }, 'UPDATE'],
])('a change with %j goes on as %s', (change, method) => {
  expect(methodForChange(change)).toBe(method);
});

test('a dialog has the name of its Call-ID and the tag of who began it', () => {
  const inside = receivedInvite({ To: '<sip:bob@ims.example>;tag=b' });
  expect([serverDialogId(inside), idAtReceiver(inside)]).toEqual(['c;from-tag=a', 'c;from-tag=b']);
});

test.each([
  [{ protocol: 'udp' }, '<sip:127.0.0.1:5060>'],
  [{ protocol: 'tcp' }, '<sip:127.0.0.1:5060;transport=tcp>'],
  [{ receivedOn: undefined }, undefined],
])('to the sender of an INVITE with %j the server is at %s', (received, contact) => {
  expect(serverContact(receivedInvite({}, received))).toBe(contact);
});

test('P18, G32: an INVITE over UDP is refused without a server, and one over a connection is not', () => {
  const answer = { status: 503, reason: 'Service Unavailable' };
  const refusal = refusalPastServer(receivedInvite(), answer);
  expect(refusal?.uri).toBe('sip:192.0.2.1:5070');
  expect(refusal?.text).toMatch(
    /^SIP\/2\.0 503 Service Unavailable\r\n(.*\r\n)*To: <sip:bob@ims\.example>;tag=\w+\r\n/,
  );
  expect(refusalPastServer(receivedInvite({}, { protocol: 'tcp' }), answer)).toBeUndefined();
});

test('P18, G32: the CANCEL of an INVITE has its topmost Via, its Routes and its To', () => {
  const cancel = cancelPastServer(
    receivedInvite({ Route: '<sip:p1;lr>', To: '<sip:bob@ims.example>' }) as unknown as SentRequest,
  );
  expect(cancel).toMatch(/^CANCEL sip:bob@ims\.example SIP\/2\.0\r\nVia: .*branch=z9hG4bK1\r\nRoute: <sip:p1;lr>\r\n/);
  expect(cancel).toMatch(/\r\nTo: <sip:bob@ims\.example>\r\nCall-ID: c\r\nCSeq: 150 CANCEL\r\n/);
});

test.each([
  ['127.0.0.9', '127.0.0.9'],
  ['::1', '::1'],
  ['192.0.2.1', undefined],
])('a connection to the server at %s is opened from %s', (server, localAddress) => {
  expect(dialledFrom(server).localAddress).toBe(localAddress);
});

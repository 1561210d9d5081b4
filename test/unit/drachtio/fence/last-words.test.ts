import { tooMany } from '../../../../lib/access/request-gate';
import { LastWords } from '../../../../lib/drachtio/fence/last-words';
import { parseSipMessage, type SipMessage } from '../../../../lib/wire/sip-message';
import { parse } from '../../sip/sip-peer';
import { request, response } from '../../access/wire';

/* The rest is shown by test/unit/sip/lost-server.test.ts. */

function read(text: string): SipMessage {
  const message = parseSipMessage(text)?.message;
  if (!message) throw new Error('no SIP message');
  return message;
}

const at = 'TCP 198.51.100.1:5060';
const invite = (callId: string) => read(request('INVITE', { 'Call-ID': callId }));
const answer = (callId: string, status: number, headers = {}) =>
  read(response(parse(request('INVITE', { 'Call-ID': callId })), status, headers));
const startLines = (words: LastWords) => words.take(at).map((text) => text.split('\r\n', 1)[0]);

test('a call that was refused, or hung up, needs none', () => {
  const words = new LastWords(10, () => tooMany());
  words.requestFromUe(invite('refused'));
  words.responseToUe(answer('refused', 486));
  words.requestToUe(invite('declined'));
  words.responseFromUe(answer('declined', 603));
  words.requestToUe(invite('hung-up'));
  words.responseFromUe(answer('hung-up', 200));
  words.requestFromUe(read(request('BYE', { 'Call-ID': 'hung-up' })));
  expect(startLines(words)).toEqual([]);
});

test('they are given once', () => {
  const words = new LastWords(10, () => tooMany());
  words.requestFromUe(invite('a'));
  expect(startLines(words)).toEqual(['SIP/2.0 503 Service Unavailable']);
  expect(startLines(words)).toEqual([]);
});

test('the oldest of too many calls is forgotten', () => {
  const words = new LastWords(2, () => tooMany());
  for (const callId of ['a', 'b', 'c']) words.requestToUe(invite(callId));
  const calls = words.take(at).map((text) => read(text).callId);
  expect(calls).toEqual(['b', 'c']);
});

test('a BYE counts on from what the server has sent', () => {
  const words = new LastWords(10, () => tooMany());
  words.requestToUe(invite('a'));
  words.responseFromUe(answer('a', 200, { Contact: '<sip:alice@10.1.2.3:5070>' }));
  words.requestToUe(read(request('INFO', { 'Call-ID': 'a', CSeq: '41 INFO' })));
  const [bye = ''] = words.take(at);
  expect(bye).toMatch(
    /^BYE sip:alice@10\.1\.2\.3:5070 SIP\/2\.0\r\nVia: SIP\/2\.0\/TCP 198\.51\.100\.1:5060;branch=z9hG4bK/,
  );
  expect(read(bye).cseq).toEqual({ number: 42, method: 'BYE' });
});

import { blanked, blankedSdp } from '../../../lib/calls/blanked';

const message = (headers: string[], body: string) => [...headers, '', body].join('\r\n');

test('I10: no secret is shown of a message, however it is spelled or folded', () => {
  const headers = [
    'INVITE sip:core@example.net SIP/2.0',
    'AUTHORIZATION : Digest username="ue",\r\n response="secret1"',
    'Proxy-Authorization: Digest response="secret2"',
    'WWW-Authenticate: Digest nonce="x", ck="secret3", ik="secret4"',
    'proxy-authenticate: Digest nonce="secret5"',
    'Authentication-Info: rspauth="secret6"',
    'Content-Type: application/sdp',
    'Call-ID: seen@ue',
  ];
  const sdp = [
    'v=0',
    'a=ice-ufrag:seen',
    'a=ice-pwd:secret7',
    'm=audio 4000 RTP/SAVP 0',
    'a=crypto:1 X inline:secret8',
  ];
  const shown = blanked(message(headers, [...sdp, 'k=clear:secret9', 'a=key-mgmt:mikey secret10', ''].join('\r\n')));
  expect(shown).not.toContain('secret');
  for (const kept of ['INVITE sip:core', 'Call-ID: seen@ue', 'a=ice-ufrag:seen', 'm=audio 4000'])
    expect(shown).toContain(kept);
});

test('I10: what people write is shown of no body', () => {
  const shown = blanked(message(['MESSAGE sip:core@example.net SIP/2.0', 'Content-Type: text/plain'], 'secret'));
  expect(shown).not.toContain('secret');
  expect(shown).toContain('text/plain');
});

test('I10: a multipart body with SDP in it is no exception', () => {
  const shown = blanked(
    message(['INVITE sip:a@b SIP/2.0', 'Content-Type: multipart/mixed;boundary=b'], 'a=ice-pwd:secret'),
  );
  expect(shown).not.toContain('secret');
});

test('I10: nor of an SDP by itself', () => {
  const shown = blankedSdp(
    'v=0\r\nk=clear:secret\r\na=ice-pwd:secret\r\na=crypto:1 AES inline:secret\r\na=ice-ufrag:seen\r\n',
  );
  expect(shown).not.toContain('secret');
  expect(shown).toContain('a=ice-ufrag:seen');
});

import { anchorWith, audio, coreSdp, ice, ueSdp } from './fixtures';

/** RFC 3312 §4, and the e2e status type. */
const unmet = [
  'a=curr:qos local none',
  'a=curr:qos remote none',
  'a=des:qos mandatory local sendrecv',
  'a=des:qos optional remote sendrecv',
];
const met = [
  'a=curr:qos local sendrecv',
  'a=curr:qos remote sendrecv',
  ...unmet.slice(2),
  'a=conf:qos remote sendrecv',
];

const preconditionsOf = (sdp: string) => sdp.split('\r\n').filter((line) => /^a=(curr|des|conf):/.test(line));

test('G15: preconditions pass through the anchor as they are, in their order, both ways and later on', async () => {
  const { anchor } = anchorWith();
  const offer = ueSdp(...audio, ...unmet, ...ice, 'a=rtcp-mux');
  expect(preconditionsOf(await anchor.offer('c', 'access', offer))).toEqual(unmet);
  const answer = coreSdp('m=audio 6000 RTP/AVP 0', ...unmet, 'a=conf:qos remote sendrecv');
  expect(preconditionsOf(await anchor.answer('c', 'core', answer))).toEqual([...unmet, 'a=conf:qos remote sendrecv']);
  const update = ueSdp(...audio, ...met, ...ice, 'a=rtcp-mux');
  expect(preconditionsOf(await anchor.offer('c', 'access', update))).toEqual(met);
  expect(preconditionsOf(await anchor.answer('c', 'core', coreSdp('m=audio 6000 RTP/AVP 0', ...met)))).toEqual(met);
});

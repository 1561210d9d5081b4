import { bundlingProbe, showsBundling } from '../../../lib/rtpengine/bundling';

const written = (...lines: string[]) => ['v=0', 'o=- 1 1 IN IP4 192.0.2.1', 's=-', 't=0 0', ...lines, ''].join('\r\n');

test.each([
  ['a group', written('a=group:BUNDLE 0 1', 'm=audio 1 RTP/AVP 0'), true],
  ['none', written('m=audio 1 RTP/AVP 0'), false],
  ['a group of one line', written('a=group:BUNDLE 0', 'm=audio 1 RTP/AVP 0'), false],
])('B22: an rtpengine that writes %s', (_, reply, bundles) => expect(showsBundling(reply)).toBe(bundles));

test('each probe is a call of its own', () => {
  expect(bundlingProbe()['call-id']).not.toBe(bundlingProbe()['call-id']);
});

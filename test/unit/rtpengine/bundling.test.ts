import { seeBundling } from '../../../lib/rtpengine/bundling';

const written = (...lines: string[]) => ['v=0', 'o=- 1 1 IN IP4 192.0.2.1', 's=-', 't=0 0', ...lines, ''].join('\r\n');

test.each([
  ['a group', written('a=group:BUNDLE 0 1', 'm=audio 1 RTP/AVP 0'), true],
  ['none', written('m=audio 1 RTP/AVP 0'), false],
  ['a group of one line', written('a=group:BUNDLE 0', 'm=audio 1 RTP/AVP 0'), false],
])('B22: an rtpengine that writes %s, in a call of its own that is deleted', async (_, reply, bundles) => {
  const offered: string[] = [];
  const deleted: string[] = [];
  const rtpengine = {
    offer: ({ 'call-id': call }: { 'call-id': string }) => {
      offered.push(call);
      return Promise.resolve(reply);
    },
    delete: (call: string) => Promise.resolve(void deleted.push(call)),
  };
  expect(await seeBundling(rtpengine)).toBe(bundles);
  expect(await seeBundling(rtpengine)).toBe(bundles);
  expect(deleted).toEqual(offered);
  expect(new Set(offered).size).toBe(2);
});

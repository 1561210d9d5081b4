import { randomUUID } from 'node:crypto';
import type { OfferOptions } from './ng-command';

const lines = ['m=audio 9 RTP/AVP 0', 'a=mid:0', 'm=video 9 RTP/AVP 96', 'a=rtpmap:96 VP8/90000', 'a=mid:1'];
const sdp = ['v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's=-', 'c=IN IP4 127.0.0.1', 't=0 0', ...lines, ''].join('\r\n');

/**
 * An offer that shows whether an rtpengine bundles (RFC 9143), as releases do since mr14.0: they write a group, older ones
 * do not know the option. Nothing in ng tells the release. The call is to be deleted.
 */
export function bundlingProbe(): OfferOptions {
  return {
    'call-id': `bundling-${randomUUID()}`,
    'from-tag': 'core',
    sdp,
    ICE: 'remove',
    'ICE-lite': 'forward',
    'rtcp-mux': ['offer'],
    direction: ['core', 'access'],
    replace: [],
    bundle: ['require'],
  };
}

/** Whether the rtpengine behind these commands bundles. */
export async function seeBundling(commands: {
  offer: (options: OfferOptions) => Promise<string>;
  delete: (call: string) => Promise<void>;
}): Promise<boolean> {
  const probe = bundlingProbe();
  const reply = await commands.offer(probe);
  await commands.delete(probe['call-id']);
  return showsBundling(reply);
}

/** @param reply what rtpengine made of the probe */
export function showsBundling(reply: string): boolean {
  return /^a=group:BUNDLE 0 1\r?$/m.test(reply);
}

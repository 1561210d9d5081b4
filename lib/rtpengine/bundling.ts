import { randomUUID } from 'node:crypto';
import type { OfferOptions } from './ng-command';

const lines = ['m=audio 9 RTP/AVP 0', 'a=mid:0', 'm=video 9 RTP/AVP 96', 'a=rtpmap:96 VP8/90000', 'a=mid:1'];
const sdp = ['v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's=-', 'c=IN IP4 127.0.0.1', 't=0 0', ...lines, ''].join('\r\n');

/** What is used of an rtpengine. */
interface Commands {
  offer(options: OfferOptions): Promise<string>;
  delete(call: string): Promise<void>;
}

/**
 * Whether an rtpengine bundles (RFC 9143), as releases do since mr14.0: they write a group, older ones do not know the
 * option. Nothing in ng tells the release, so it is offered a call, which is deleted.
 */
export async function seeBundling(commands: Commands): Promise<boolean> {
  const call = `bundling-${randomUUID()}`;
  const reply = await commands.offer({
    'call-id': call,
    'from-tag': 'core',
    sdp,
    ICE: 'remove',
    'ICE-lite': 'forward',
    'rtcp-mux': ['offer'],
    direction: ['core', 'access'],
    replace: [],
    bundle: ['require'],
  });
  await commands.delete(call);
  return /^a=group:BUNDLE 0 1\r?$/m.test(reply);
}

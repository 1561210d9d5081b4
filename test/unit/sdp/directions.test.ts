import { withOwnDirections } from '../../../lib/sdp/directions';
import { parseSdp, writeSdp } from '../../../lib/sdp/sdp';
import { viewSession } from '../../../lib/sdp/session-view';
import { textsOf } from './texts';

const sdp = (...lines: string[]) => parseSdp(['v=0', 'o=- 1 1 IN IP4 192.0.2.5', 's=-', 't=0 0', ...lines].join('\n'));
const directions = ['sendrecv', 'sendonly', 'recvonly', 'inactive'];

test('S9, B26: each line has the direction that it has, or inherits, in all combinations', () => {
  for (const session of [undefined, ...directions])
    for (const media of [undefined, ...directions]) {
      const said = sdp(
        ...(session === undefined ? [] : [`a=${session}`]),
        'm=audio 5000 RTP/AVP 0',
        ...(media === undefined ? [] : [`a=${media}`]),
        'm=message 9 TCP/MSRP *',
      );
      const own = withOwnDirections(said);
      expect(textsOf(own).session).toEqual(textsOf(sdp()).session);
      const seen = (text: string) => viewSession(parseSdp(text)).media.map(({ direction }) => direction);
      expect(seen(writeSdp(own))).toEqual([media ?? session ?? 'sendrecv', session ?? 'sendrecv']);
      if (session === undefined) expect(writeSdp(own)).toBe(writeSdp(said));
    }
});

test('S9, B26: of several directions of a line the last one counts', () => {
  const said = sdp('m=audio 5000 RTP/AVP 0', 'a=sendonly', 'a=ptime:20', 'a=inactive', 'a=inactive');
  expect(textsOf(withOwnDirections(said)).media).toEqual([['m=audio 5000 RTP/AVP 0', 'a=ptime:20', 'a=inactive']]);
});

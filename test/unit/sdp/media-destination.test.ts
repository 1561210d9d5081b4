import { requireForeignDestinations } from '../../../lib/sdp/media-destination';
import { splitSdp } from '../../../lib/sdp/sdp-lines';

const own = ['198.51.100.1', '192.0.2.1', '2001:db8::1'];

function sdp(address: string, ...lines: string[]) {
  const family = address.includes(':') ? 'IP6' : 'IP4';
  const head = ['v=0', 'o=- 1 1 IN IP4 203.0.113.5', 's=-', `c=IN ${family} ${address}`, 't=0 0'];
  return splitSdp([...head, ...(lines.length === 0 ? ['m=audio 4000 RTP/AVP 0'] : lines), ''].join('\r\n'));
}

describe('where a UE may have media sent', () => {
  test.each([
    ['loopback', sdp('127.0.0.1')],
    ['another loopback address', sdp('127.9.9.9')],
    ['IPv6 loopback', sdp('0:0::1')],
    ['loopback in IPv6 clothes', sdp('::ffff:127.0.0.1')],
    ['our access address', sdp('198.51.100.1')],
    ['our core address', sdp('192.0.2.1')],
    ['our IPv6 address in another spelling', sdp('2001:DB8:0::0001')],
    ['multicast', sdp('224.2.1.1/127')],
    ['IPv6 multicast', sdp('ff02::1')],
    ['broadcast', sdp('255.255.255.255')],
    [
      'loopback for one line of two',
      sdp('203.0.113.5', 'm=audio 1 RTP/AVP 0', 'm=video 2 RTP/AVP 9', 'c=IN IP4 127.0.0.1'),
    ],
    [
      'loopback in the first of two c= lines',
      sdp('1.2.3.4', 'm=audio 1 RTP/AVP 0', 'c=IN IP4 127.0.0.1', 'c=IN IP4 1.2.3.4'),
    ],
    ['loopback for RTCP', sdp('203.0.113.5', 'm=audio 4000 RTP/AVP 0', 'a=rtcp:2223  IN  IP4 127.0.0.1')],
  ])('not to %s', (_name, lines) => {
    expect(() => requireForeignDestinations(lines, own)).toThrow(expect.objectContaining({ sipStatus: 488 }));
  });

  test.each([
    ['another host', sdp('203.0.113.5')],
    ['a private host', sdp('10.0.0.5')],
    ['nowhere, on hold', sdp('0.0.0.0')],
    ['loopback by a line that is not in use', sdp('127.0.0.1', 'm=audio 0 RTP/AVP 0')],
  ])('to %s', (_name, lines) => {
    expect(() => requireForeignDestinations(lines, own)).not.toThrow();
  });

  test('to other loopback addresses where the edge itself is on loopback', () => {
    expect(() => requireForeignDestinations(sdp('127.0.0.1'), ['127.0.0.2'])).not.toThrow();
    expect(() => requireForeignDestinations(sdp('127.0.0.2'), ['127.0.0.2'])).toThrow();
  });
});

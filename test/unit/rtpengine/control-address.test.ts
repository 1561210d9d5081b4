import { controlUrl, parseControlUrl } from '../../../lib/rtpengine/control-address';

describe('a control address of rtpengine', () => {
  test.each([
    ['tcp://127.0.0.1:2223', { transport: 'tcp', host: '127.0.0.1', port: 2223 }],
    ['udp://rtpengine.example:22222', { transport: 'udp', host: 'rtpengine.example', port: 22222 }],
    ['tcp://[2001:db8::1]:2223', { transport: 'tcp', host: '2001:db8::1', port: 2223 }],
  ])('%s', (url, address) => {
    expect(parseControlUrl(url)).toEqual(address);
    expect(controlUrl(parseControlUrl(url))).toBe(url);
  });

  test.each([
    'http://127.0.0.1:1',
    'tcp://127.0.0.1',
    'tcp://127.0.0.1:0',
    'udp://127.0.0.1:65536',
    'tcp://2001:db8::1:2223',
    'tcp://a b:1',
    '',
  ])('"%s" is none', (url) =>
    expect(() => parseControlUrl(url)).toThrow(expect.objectContaining({ code: 'setting-invalid' })),
  );
});

import { clientOptions } from '../../../../../app/doctor/client/client';

describe('edge80 doctor --from-client', () => {
  test('I3: options', () => {
    const proxy = { host: '192.0.2.3', port: 3128, credentials: undefined };
    const args = ['--from-client=edge.example.net', '--http-proxy', 'http://192.0.2.3:3128', '--insecure'];
    expect(clientOptions([...args, '--udp-ports', '20000-20100', '--json'])).toEqual({
      host: 'edge.example.net',
      transport: { tls: { insecure: true, serverName: undefined, ca: undefined }, webSocket: false, proxy },
      udpPorts: { first: 20_000, last: 20_100 },
    });
    expect(clientOptions(['--from-client', '[2001:db8::1]']).host).toBe('2001:db8::1');
  });

  test.each([
    [['--from-client', ''], 'wants the host'],
    [['--from-client', 'h', '--udp-ports', '40000-30000'], '--udp-ports wants first-last'],
    [['--from-client', 'h', '--udp-ports', '0-70000'], '--udp-ports wants first-last'],
    [['--from-client', 'h', '--http-proxy', 'squid'], '--http-proxy wants'],
    [['--from-client', 'h', '--nonsense'], 'nonsense'],
    [['--from-client'], 'from-client'],
  ])('I3: %j is a wrong option', (args, message) => {
    expect(() => clientOptions(args)).toThrow(
      expect.objectContaining({ code: 'options-wrong', message: expect.stringContaining(message) as string }),
    );
  });
});

import type { Config } from '../../../../app/config';
import { mayListen, openFiles, queues, reservedPorts, type Kernel } from '../../../../app/doctor/machine';

const saying =
  (files: Readonly<Record<string, string>>): Kernel =>
  (file) =>
    files[file];
const config = {
  RTPENGINE_PORTS: { first: 30_000, last: 40_000 },
  MSRP_PORTS: { first: 50_000, last: 50_999 },
} as Config;
const sysctl = (name: string) => `/proc/sys/net/${name}`;

describe('I3: edge80 doctor looks at the machine', () => {
  const withCaps = (caps: string) => saying({ '/proc/self/status': `Name:\tnode\nCapEff:\t${caps}\n` });

  test.each([
    ['with the capability', [80, 443], withCaps('0000000000000400'), 'good'],
    ['without it', [80, 443], withCaps('0000000000000000'), 'bad'],
    ['without it, on high ports', [8080], withCaps('0000000000000000'), 'good'],
    ['where the kernel lets anybody', [80], saying({ [sysctl('ipv4/ip_unprivileged_port_start')]: '80' }), 'good'],
  ] as const)('whether low ports may be listened on: %s', (_, ports, kernel, state) => {
    expect(mayListen(ports, kernel)).toMatchObject({ state });
  });

  test.each([
    ['32768\t60999', '', 'doubtful', '30000-40000,50000-50999'],
    ['32768\t60999', '30000-40000', 'doubtful', '50000-50999'],
    ['32768\t60999', '32768-40000,50000-50999', 'good', ''],
    ['61000\t65000', '', 'good', ''],
  ])('whether media has its ports to itself: clients %s, reserved %s', (range, reserved, state, ranges) => {
    const finding = reservedPorts(
      config,
      saying({ [sysctl('ipv4/ip_local_port_range')]: range, [sysctl('ipv4/ip_local_reserved_ports')]: reserved }),
    );
    expect(finding).toMatchObject({ state });
    if (ranges !== '') expect(finding.help).toContain(`ip_local_reserved_ports=${ranges}:`);
  });

  test('how many connections the limit of open files leaves room for', () => {
    expect(openFiles(config, 65_536)).toMatchObject({ state: 'good' });
    expect(openFiles(config, 1024)).toMatchObject({ state: 'doubtful' });
  });

  test('short queues', () => {
    const kernel = (backlog: string, receive: string) =>
      saying({ [sysctl('core/somaxconn')]: backlog, [sysctl('core/rmem_max')]: receive });
    expect(queues(kernel('4096', '212992'))).toMatchObject({ state: 'good' });
    expect(queues(kernel('128', '65536')).help).toContain('net.core.somaxconn=4096 net.core.rmem_max=212992');
  });
});

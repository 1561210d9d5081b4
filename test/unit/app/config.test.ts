import { readFileSync } from 'node:fs';
import path from 'node:path';
import { settings } from '../../../app/config';
import { readConfig, readNodeConfig, readPcscfConfig } from '../../../app/read-config';
import { tcpPriority, turnCredentials } from '../../../app/turn';

const example = readFileSync(path.join(__dirname, '../../../.env.example'), 'utf8');

const wanted = {
  ACCESS_CONTACTS: 'sip:198.51.100.1:5060;transport=udp,tcp sip:[2001:db8::1]:5060;transport=tcp',
  CORE_CONTACTS: 'sip:192.0.2.1:5060;transport=udp',
  CORE_NEXT_HOP: 'sip:192.0.2.2:5060',
  GATEWAY_ADDRESS: '198.51.100.1,2001:db8::1',
};

describe('settings', () => {
  it('I5: only four must be given; the rest have defaults', () => {
    expect(readConfig(wanted)).toMatchObject({
      ACCESS_CONTACTS: ['sip:198.51.100.1:5060;transport=udp,tcp', 'sip:[2001:db8::1]:5060;transport=tcp'],
      GATEWAY_ADDRESS: ['198.51.100.1', '2001:db8::1'],
      TCP_FALLBACK: 'always',
      TURN_REALM: 'edge80',
      CORE_PROFILE: 'as-offered',
      ACCESS_PROFILE: 'as-offered',
      DRACHTIO_PORT: 9022,
      LOG_LEVEL: 'info',
    });
  });

  it('an empty value counts as unset', () => {
    expect(readConfig({ ...wanted, DRACHTIO_HOST: '', MAX_CALLS: '' })).toMatchObject({ MAX_CALLS: 5000 });
    expect(readConfig({ ...wanted, DRACHTIO_HOST: '' }).DRACHTIO_HOST).toBeUndefined();
  });

  it('M7: TCP goes above relays where there is TURN, unless something else is said', () => {
    const priority = (more: NodeJS.ProcessEnv) => tcpPriority(readConfig({ ...wanted, ...more }));
    const turn = { TURN_SECRET: 'a secret of 16 characters' };
    expect(priority({})).toBe('lowest');
    expect(priority(turn)).toBe('above-relay');
    expect(priority({ TURN_USER: 'ue', TURN_PASSWORD: 'a-password' })).toBe('above-relay');
    expect(priority({ ...turn, TCP_PRIORITY: 'lowest' })).toBe('lowest');
    expect(priority({ TCP_PRIORITY: 'above-relay' })).toBe('above-relay');
  });

  it('M3: TURN has a secret, a pair, or both; else there is none', () => {
    const credentials = (more: NodeJS.ProcessEnv) => turnCredentials(readConfig({ ...wanted, ...more }));
    const [secret, pair] = ['a secret of 16 characters', { user: 'ue', password: 'a-password' }];
    const asPair = { TURN_USER: pair.user, TURN_PASSWORD: pair.password };
    expect(credentials({ TURN_REALM: 'x' })).toBeUndefined();
    expect(credentials({ TURN_SECRET: secret })).toEqual({ realm: 'edge80', secret, pair: undefined });
    expect(credentials({ ...asPair, TURN_REALM: 'x' })).toEqual({ realm: 'x', secret: undefined, pair });
  });

  it.each([
    ['80', [{ port: 80 }]],
    ['80, 443', [{ port: 80 }, { port: 443 }]],
    [
      '443=above-relay,80=lowest',
      [
        { port: 443, rank: 'above-relay' },
        { port: 80, rank: 'lowest' },
      ],
    ],
  ])('A8: PUBLIC_PORTS=%s, and GATEWAY_PORTS in the same manner', (text, expected) => {
    expect(readConfig({ ...wanted, PUBLIC_PORTS: text }).PUBLIC_PORTS).toEqual(expected);
    expect(readConfig({ ...wanted, GATEWAY_PORTS: text }).GATEWAY_PORTS).toEqual(expected);
  });

  it.each<[string, string, RegExp]>([
    ['CORE_NEXT_HOP', '', /^CORE_NEXT_HOP is missing: /],
    ['ACCESS_CONTACTS', '198.51.100.1:5060', /^ACCESS_CONTACTS must look like sip:.*\(it is "198.51.100.1:5060"\)/],
    ['TURN_SECRET', 'too short', /^TURN_SECRET must have 16 characters or more \(it is "…"\)/],
    ['TURN_USER', 'ue', /^TURN_PASSWORD is missing/],
    ['TURN_PASSWORD', 'a-password', /^TURN_USER is missing/],
    ['TURN_USER', '1800000000:ue', /^TURN_USER must not look like a time-limited one/],
    ['TURN_REALM', 'a"b', /^TURN_REALM must be printable ASCII without quotes/],
    ['ACCESS_CONTACTS', ' ', /^ACCESS_CONTACTS must name at least one contact/],
    ['CORE_CONTACTS', 'sip:198.51.100.1:5080', /^CORE_CONTACTS must have other addresses than ACCESS_CONTACTS/],
    ['ACCESS_LISTEN', 'sip:198.51.100.1:5060;transport=udp', /^ACCESS_LISTEN must look like sip:.*transport=tls/],
    ['ACCESS_LISTEN', 'sips:198.51.100.1', /^TLS_CERT_FILE is missing: Certificate/],
    ['TLS_CERT_FILE', 'cert.pem', /^TLS_KEY_FILE is missing/],
    ['TLS_KEY_FILE', 'key.pem', /^TLS_CERT_FILE is missing/],
    ['ADMIN_LISTEN', '8480', /^ADMIN_LISTEN must look like 127.0.0.1:8480/],
    ['ADMIN_LISTEN', 'localhost:8480', /^ADMIN_LISTEN must look like 127.0.0.1:8480/],
    ['ADMIN_LISTEN', '::1:8480', /^ADMIN_LISTEN must look like 127.0.0.1:8480/],
    ['ADMIN_LISTEN', '127.0.0.1:0', /^ADMIN_LISTEN must look like 127.0.0.1:8480/],
    ['ADMIN_TOKEN', 'short', /^ADMIN_TOKEN must have 16 characters or more.*\(it is "…"\)/],
    ['GATEWAY_ADDRESS', 'gw.example.com', /^GATEWAY_ADDRESS must be an IP address/],
    ['GATEWAY_ADDRESS', '198.51.100.1,198.51.100.2', /^GATEWAY_ADDRESS must name one address per family/],
    ['GATEWAY_PORTS', '80,eighty', /^GATEWAY_PORTS must be a port number/],
    ['GATEWAY_PORTS', '80=highest', /^GATEWAY_PORTS must have ranks lowest or above-relay/],
    ['GATEWAY_PORTS', '80=', /^GATEWAY_PORTS must have ranks lowest or above-relay/],
    ['GATEWAY_PORTS', '80,443,80=lowest', /^GATEWAY_PORTS must name each port once/],
    ['CANDIDATE_SPELLING', 'W', /^CANDIDATE_SPELLING must be rfc6544 or w/],
    ['GATEWAY_PORTS', '1e2', /^GATEWAY_PORTS must be a port number/],
    ['DRACHTIO_PORT', '0x50', /^DRACHTIO_PORT must be a port number/],
    ['GATEWAY_PORTS', '70000', /^GATEWAY_PORTS must be 65535 or less/],
    ['TCP_FALLBACK', 'yes', /^TCP_FALLBACK must be always, offered or off/],
    ['TCP_FALLBACK_REALMS', '198.51.100.0/24', /^TCP_FALLBACK_REALMS must be a comma list such as 198/],
    ['TCP_FALLBACK_REALMS', '198.51.100.0/33=off', /^TCP_FALLBACK_REALMS must be a comma list such as 198/],
    ['TCP_FALLBACK_REALMS', '198.51.100.0/24=never', /^TCP_FALLBACK_REALMS must be a comma list such as 198/],
    ['CORE_MEDIA', 'core.example', /^CORE_MEDIA must be a comma list such as 192/],
    ['CORE_MEDIA', '192.0.2.0/24,203.0.113.0/33', /^CORE_MEDIA must be a comma list such as 192/],
    ['CORE_MEDIA', '192.0.2.0/24:0-10', /^CORE_MEDIA must be a comma list such as 192/],
    ['RTPENGINE_PORTS', '30000', /^RTPENGINE_PORTS must be a range of ports such as/],
    ['MSRP_PORTS', '50000', /^MSRP_PORTS must be a range of ports such as/],
    ['MSRP_PORTS', '0-10', /^MSRP_PORTS must be a range of ports such as/],
    ['MSRP_PORTS', '50001-50000', /^MSRP_PORTS must be a range of ports such as/],
    ['MSRP_PORTS', '50000-65536', /^MSRP_PORTS must be a range of ports such as/],
    ['TCP_FALLBACK_REALMS', '198.51.100.0/24=off,198.51.100.0/24=always', /^TCP_FALLBACK_REALMS must name each prefix/],
    ['MEDIA_LOST', 'yes', /^MEDIA_LOST must be keep or release/],
    ['TCP_PRIORITY', '10', /^TCP_PRIORITY must be lowest or above-relay/],
    ['CORE_PROFILE', 'RTP/AVP', /^CORE_PROFILE must be as-offered or rtp-avp/],
    ['ACCESS_PROFILE', 'rtp-avp', /^ACCESS_PROFILE must be as-offered or webrtc/],
    ['RTPENGINE_URLS', '127.0.0.1:2223', /^RTPENGINE_URLS must be a comma list of tcp:/],
    ['RTPENGINE_URLS', 'tcp://127.0.0.1:99999', /^RTPENGINE_URLS must be a comma list of tcp:/],
    ['GATEWAY_BIND', ',', /^GATEWAY_BIND must name an address/],
    ['FLOW_TOKEN_KEYS', ',', /^FLOW_TOKEN_KEYS must have at least one key/],
    ['ACCESS_CONTACTS', 'sip:edge.example:5060', /^ACCESS_CONTACTS must look like sip:/],
    ['ACCESS_CONTACTS', 'sip:198.51.100.1:99999', /^ACCESS_CONTACTS must look like sip:/],
    ['CORE_CONTACTS', 'sip:192.0.2.1;transport=sctp', /^CORE_CONTACTS must look like sip:/],
    ['EGRESS_RELAY', 'never', /^EGRESS_RELAY must be service-route or always/],
    ['VISITED_NETWORK_ID', 'a\r\nb', /^VISITED_NETWORK_ID must be printable ASCII/],
    ['INTEGRITY_PROTECTED', 'true', /^INTEGRITY_PROTECTED must be yes, no, ip-assoc-pending/],
    ['ACCESS_NETWORK_INFO', 'é', /^ACCESS_NETWORK_INFO must be pass, remove or a header value/],
    ['PASS_HEADERS_TO_UE', 'X-Ok, X Two', /^PASS_HEADERS_TO_UE must be a comma list of header names/],
    ['PASS_HEADERS_TO_UE', 'v', /^PASS_HEADERS_TO_UE must not name a header that the edge alone writes/],
    ['PASS_HEADERS_TO_CORE', 'P-asserted-Identity', /^PASS_HEADERS_TO_CORE must not name a header that the edge alone/],
    ['EMERGENCY_NEXT_HOP', 'ecscf.example', /^EMERGENCY_NEXT_HOP must be a SIP URI/],
    ['EMERGENCY_NEXT_HOP', 'sips:192.0.2.9', /^EMERGENCY_NEXT_HOP must be a sip: URI over UDP or TCP without maddr/],
    ['EMERGENCY_NEXT_HOP', 'sip:192.0.2.9;transport=tls', /^EMERGENCY_NEXT_HOP must be a sip: URI over UDP or TCP/],
    ['EMERGENCY_NEXT_HOP', 'sip:192.0.2.9;maddr=192.0.2.8', /^EMERGENCY_NEXT_HOP must be a sip: URI over UDP or TCP/],
    ['EMERGENCY_NUMBERS', '112,sos', /^EMERGENCY_NUMBERS must be a comma list of numbers/],
    ['CORE_NEXT_HOP', 'sip:192.0.2.2;transport=sctp', /^CORE_NEXT_HOP must be a SIP URI such as/],
    ['CORE_NEXT_HOP', 'sip:192.0.2.2;transport=', /^CORE_NEXT_HOP must be a SIP URI such as/],
    ['CORE_NEXT_HOP', 'sip:192.0.2.2?Subject=x', /^CORE_NEXT_HOP must be a SIP URI such as/],
    ['CORE_NEXT_HOP', 'sip:core..example', /^CORE_NEXT_HOP must be a SIP URI such as/],
    ['DRACHTIO_HOST', 'drachtio:9022', /^DRACHTIO_HOST must be a host name or an IP address/],
    ['DRACHTIO_HOST', 'http://drachtio', /^DRACHTIO_HOST must be a host name or an IP address/],
    ['ACCESS_NETWORK_INFO', 'Remove', /^ACCESS_NETWORK_INFO must be pass or remove/],
    ['RTPENGINE_URLS', 'tcp://a:1,tcp://a:1', /^RTPENGINE_URLS must name each once/],
    ['RTPENGINE_CORE_INTERFACE', '192.0.2.1,192.0.2.9', /^RTPENGINE_CORE_INTERFACE must name one address per family/],
    ['MSRP_PORTS', '80-90', /^MSRP_PORTS must not have port 80 of PUBLIC_PORTS in it/],
    ['MSRP_PORTS', '5000-5100', /^MSRP_PORTS must not have port 5060 of ACCESS_CONTACTS in it/],
    ['EGRESS_PORT', '50500', /^MSRP_PORTS must not have port 50500 of EGRESS_PORT in it/],
    ['WEBSOCKET_ORIGINS', 'phone.example.com', /^WEBSOCKET_ORIGINS must be a comma list of origins such as https/],
    ['WEBSOCKET_ORIGINS', 'https://phone.example.com/', /^WEBSOCKET_ORIGINS must be a comma list of origins/],
    ['WEB_PHONE', 'yes', /^WEB_PHONE must be on or off/],
    ['HTTP_BACKEND', 'https://127.0.0.1:8080', /^HTTP_BACKEND must look like http:/],
    ['HTTP_BACKEND', 'http://127.0.0.1:8080/app', /^HTTP_BACKEND must look like http:/],
    ['HTTP_BACKEND', '127.0.0.1:8080', /^HTTP_BACKEND must look like http:/],
    ['ACME_CHALLENGES', 'https://127.0.0.1', /^ACME_CHALLENGES must look like http:/],
    ['MAX_CALLS', 'many', /^MAX_CALLS must be a whole number/],
    ['MAX_CALLS', '1.5', /^MAX_CALLS must be a whole number/],
    ['MAX_CALLS', '1e3', /^MAX_CALLS must be a whole number/],
    ['GATEWAY_THREADS', '0x10', /^GATEWAY_THREADS must be a whole number/],
    ['DRAIN_SECONDS', '5m', /^DRAIN_SECONDS must be a whole number/],
    ['DRAIN_SECONDS', '100000', /^DRAIN_SECONDS must be 86400 or less/],
    ['VISITED_NETWORK_ID', 'x'.repeat(256), /^VISITED_NETWORK_ID must have 255 characters at most/],
    ['ACCESS_NETWORK_INFO', 'x'.repeat(256), /^ACCESS_NETWORK_INFO must have 255 characters at most/],
  ])('I5: a wrong %s ("%s") is named in one line', (name, value, message) => {
    const read = () => readConfig({ ...wanted, [name]: value });
    expect(read).toThrow(expect.objectContaining({ code: 'config-invalid', message: expect.stringMatching(message) }));
    expect(read).not.toThrow(/\n/);
  });

  it.each([
    'sip:[::1:5060',
    'sip:192.0.2.2:70000',
    'sip:192.0.2.2:0',
    'sip:user@',
    'sip:',
    'tel:+4930',
    'sip:192.0.2.256',
    'sip:0.0.0.0',
    'sip:[fe80::1%eth0]',
    'sip:core example',
    '192.0.2.2:5060',
  ])('O3: %s is no next hop', (uri) => {
    expect(() => readConfig({ ...wanted, CORE_NEXT_HOP: uri })).toThrow(/^CORE_NEXT_HOP must be a SIP URI such as/);
    expect(() => readConfig({ ...wanted, EMERGENCY_NEXT_HOP: uri })).toThrow(/^EMERGENCY_NEXT_HOP must be a SIP URI/);
  });

  it.each(['sip:core.example', 'sip:core', 'sip:[2001:db8::5]:5070;transport=tcp', 'sips:core.example.;lr'])(
    'O3: %s is a next hop',
    (uri) => {
      expect(readConfig({ ...wanted, CORE_NEXT_HOP: uri }).CORE_NEXT_HOP).toBe(uri);
    },
  );

  it.each<[string, string]>([
    ['GATEWAY_ADDRESS', '0.0.0.0'],
    ['GATEWAY_ADDRESS', '::'],
    ['GATEWAY_ADDRESS', '224.0.0.1'],
    ['GATEWAY_ADDRESS', '255.255.255.255'],
    ['GATEWAY_ADDRESS', 'fe80::1%eth0'],
    ['GATEWAY_ADDRESS', '198.51.100.1,ff02::1'],
    ['ACCESS_ADDRESS', '0.0.0.0'],
  ])('O4: %s=%s is no address that UEs can be told', (name, value) => {
    expect(() => readConfig({ ...wanted, [name]: value })).toThrow(
      new RegExp(`^${name} must name the address of one host`),
    );
  });

  it.each<[string, Record<string, string>]>([
    ['ACCESS_CONTACTS must look like', { ACCESS_CONTACTS: 'sip:0.0.0.0:5060' }],
    ['CORE_CONTACTS must look like', { CORE_CONTACTS: 'sip:[::]:5060' }],
    ['GATEWAY_BIND must name each address once', { GATEWAY_BIND: '10.0.0.1,10.0.0.1' }],
    ['GATEWAY_BIND must name each address once', { GATEWAY_BIND: '2001:db8::5,2001:DB8:0::5' }],
    ['GATEWAY_BIND must name addresses of the same families', { GATEWAY_BIND: '10.0.0.1' }],
    [
      'GATEWAY_BIND must name addresses of the same families',
      { GATEWAY_ADDRESS: '198.51.100.1', GATEWAY_BIND: '2001:db8::5' },
    ],
    [
      'ACCESS_ADDRESS must be of a family that ACCESS_LISTEN has',
      { ACCESS_LISTEN: 'sip:10.0.0.1:5060;transport=tcp', ACCESS_ADDRESS: '2001:db8::5' },
    ],
    ['ACCESS_ADDRESS must be of a family that ACCESS_LISTEN has', { ACCESS_ADDRESS: '198.51.100.1' }],
    ['RTPENGINE_ACCESS_INTERFACE must be address or address!adv', { RTPENGINE_ACCESS_INTERFACE: '10.0.0.1!' }],
    ['RTPENGINE_CORE_INTERFACE must be address or address!adv', { RTPENGINE_CORE_INTERFACE: '10.0.0' }],
    [
      'ACCESS_LISTEN must not open TCP port 80 of 198.51.100.1 that PUBLIC_PORTS',
      { ACCESS_LISTEN: 'sip:198.51.100.1:80;transport=tcp' },
    ],
    ['SSLTCP_PORTS must name ports of PUBLIC_PORTS', { PUBLIC_PORTS: '80', SSLTCP_PORTS: '443' }],
    ['WEB_PHONE has no effect without PUBLIC_PORTS', { GATEWAY_PORTS: '80', WEB_PHONE: 'on' }],
    ['HTTP_BACKEND has no effect without PUBLIC_PORTS', { GATEWAY_PORTS: '80', HTTP_BACKEND: 'http://127.0.0.1:1' }],
    ['ACME_CHALLENGES has no effect without PUBLIC_PORTS', { GATEWAY_PORTS: '80', ACME_CHALLENGES: '/tmp' }],
    ['WEBSOCKET_ORIGINS has no effect without PUBLIC_PORTS', { GATEWAY_PORTS: '80', WEBSOCKET_ORIGINS: 'http://a' }],
    ['GATEWAY_PORTS must not be set where PUBLIC_PORTS is', { GATEWAY_PORTS: '80', PUBLIC_PORTS: '443' }],
    [
      'ACCESS_CONTACTS must have a TCP contact where ACCESS_LISTEN or PUBLIC_PORTS is set',
      { ACCESS_CONTACTS: 'sip:198.51.100.1:5060;transport=udp', PUBLIC_PORTS: '80' },
    ],
    [
      'TLS_CERT_FILE has no effect without PUBLIC_PORTS or a sips: contact in ACCESS_LISTEN',
      { GATEWAY_PORTS: '80', TLS_CERT_FILE: '/tmp/cert.pem', TLS_KEY_FILE: '/tmp/key.pem' },
    ],
    [
      'PROXY_PROTOCOL_FROM must be a comma list of networks such as 192.0.2.0/24',
      { PROXY_PROTOCOL_FROM: '192.0.2.0/33' },
    ],
    [
      'ACCESS_CONTACTS must not open TCP port 5060 of 198.51.100.1 that GATEWAY_PORTS has, too',
      { GATEWAY_PORTS: '80,5060' },
    ],
    [
      'ACCESS_LISTEN must not open TCP port 5061 of 10.0.0.1 that GATEWAY_PORTS has',
      {
        GATEWAY_ADDRESS: '198.51.100.1',
        GATEWAY_BIND: '0.0.0.0',
        GATEWAY_PORTS: '5061',
        ACCESS_LISTEN: 'sip:10.0.0.1:5061;transport=tcp',
      },
    ],
    [
      'ACCESS_CONTACTS must not open UDP port 5060 of 198.51.100.1 twice',
      { ACCESS_CONTACTS: 'sip:198.51.100.1:5060;transport=udp,tcp sip:198.51.100.1;transport=udp' },
    ],
    ['EGRESS_PORT must not open UDP port 5060 of 192.0.2.1 that CORE_CONTACTS has', { EGRESS_PORT: '5060' }],
    ['RTPENGINE_PORTS must not have port 5060 of ACCESS_CONTACTS in it', { RTPENGINE_PORTS: '5000-5100' }],
    ['RTPENGINE_PORTS must not have port 30500 of EGRESS_PORT in it', { EGRESS_PORT: '30500' }],
    ['ADMIN_TOKEN is missing where ADMIN_LISTEN is no address of loopback', { ADMIN_LISTEN: '192.0.2.1:8480' }],
    [
      'ADMIN_LISTEN must not open TCP port 80 of 0.0.0.0 that PUBLIC_PORTS has, too',
      { ADMIN_LISTEN: '0.0.0.0:80', ADMIN_TOKEN: 'a-token-of-the-test' },
    ],
    [
      'MSRP_PORTS must not have port 8480 of ADMIN_LISTEN in it',
      { ADMIN_LISTEN: '0.0.0.0:8480', ADMIN_TOKEN: 'a-token-of-the-test', MSRP_PORTS: '8000-9000' },
    ],
    ['CORE_NEXT_HOP must not name the edge itself', { CORE_NEXT_HOP: 'sip:192.0.2.1' }],
    ['EMERGENCY_NEXT_HOP must not name the edge itself', { EMERGENCY_NEXT_HOP: 'sip:[2001:db8:0::1]:5060' }],
  ])('O4: %s', (message, given) => {
    expect(() => readConfig({ ...wanted, ...given })).toThrow(
      expect.objectContaining({ code: 'config-invalid', message: expect.stringContaining(message) }),
    );
  });

  it('O4: media ports of an rtpengine elsewhere may be any', () => {
    const given = { RTPENGINE_URLS: 'tcp://192.0.2.7:2223', RTPENGINE_PORTS: '5000-5100' };
    expect(readConfig({ ...wanted, ...given })).toMatchObject({ RTPENGINE_PORTS: { first: 5000, last: 5100 } });
  });

  it('ACCESS_LISTEN needs a TCP contact of the SIP server, and for TLS both files', () => {
    const listen = 'sip:198.51.100.1:5060;transport=tcp sips:[2001:db8::1]:5061';
    const files = { TLS_CERT_FILE: 'cert.pem', TLS_KEY_FILE: 'key.pem' };
    const contacts = 'sip:127.0.0.1:5080;transport=udp,tcp';
    const given = { ...wanted, ...files, ACCESS_LISTEN: listen, ACCESS_CONTACTS: contacts };
    expect(readConfig(given)).toMatchObject({ ...files, ACCESS_LISTEN: listen.split(' ') });
    expect(() => readConfig({ ...given, TLS_KEY_FILE: '' })).toThrow(/^TLS_KEY_FILE is missing: /);
    expect(() => readConfig({ ...given, ACCESS_CONTACTS: 'sip:127.0.0.1:5080;transport=udp' })).toThrow(
      /^ACCESS_CONTACTS must have a TCP contact where ACCESS_LISTEN or PUBLIC_PORTS is set/,
    );
  });

  it('CORE_NEXT_HOP must be one that the relay can send to, where all that UEs begin leaves by it', () => {
    const secure = { ...wanted, CORE_NEXT_HOP: 'sip:192.0.2.2:5061;transport=tls' };
    expect(readConfig(secure)).toMatchObject({ CORE_NEXT_HOP: secure.CORE_NEXT_HOP });
    expect(() => readConfig({ ...secure, EGRESS_RELAY: 'always' })).toThrow(
      /^CORE_NEXT_HOP must be a sip: URI over UDP or TCP/,
    );
  });

  it('A7: access realms are prefixes, each with who gets the candidate there', () => {
    const given = { ...wanted, TCP_FALLBACK_REALMS: '198.51.100.0/24=off, 2001:db8::/32=offered' };
    expect(readConfig(given).TCP_FALLBACK_REALMS).toEqual([
      { prefix: '198.51.100.0/24', fallback: 'off' },
      { prefix: '2001:db8::/32', fallback: 'offered' },
    ]);
  });

  it('ADMIN_LISTEN is an address with its port, or off', () => {
    const at = (ADMIN_LISTEN: string) =>
      readConfig({ ...wanted, ADMIN_LISTEN, ADMIN_TOKEN: 'a-token-of-the-test' }).ADMIN_LISTEN;
    expect(readConfig(wanted).ADMIN_LISTEN).toEqual({ address: '127.0.0.1', port: 8480 });
    expect(at('[2001:db8::1]:9')).toEqual({ address: '2001:db8::1', port: 9 });
    expect(at('off')).toBe('off');
  });

  it('a wrong key does not show in the message', () => {
    expect(() => readConfig({ ...wanted, FLOW_TOKEN_KEYS: 'hunter2' })).toThrow(/^(?!.*hunter2)FLOW_TOKEN_KEYS/);
  });

  it('.env.example names each setting once, with its sentence and its default', () => {
    const lines = example.split('\n');
    const named = lines.flatMap((line) => /^#?([A-Z_]+)=/.exec(line)?.[1] ?? []);
    expect(named).toEqual(settings.map((setting) => setting.name));
    for (const { name, description } of settings) {
      const at = lines.findIndex((line) => line.startsWith(`${name}=`) || line.startsWith(`#${name}=`));
      expect(lines[at - 1]?.replace(/ \(must be set\)$/, '')).toBe(`# ${description}`);
    }
    // A commented default is the one that the table has.
    const defaults = Object.fromEntries(
      lines.flatMap((line) => {
        const [, name, value] = /^#([A-Z_]+)=(.+)$/.exec(line) ?? [];
        return name === undefined || value === undefined ? [] : [[name, value]];
      }),
    );
    const valueOf = (name: string, environment = {}) => {
      const given = { ...wanted, ...environment };
      const read: Record<string, unknown> = { ...readNodeConfig(given), ...readConfig(given) };
      return read[name];
    };
    for (const { name } of settings.filter((setting) => !(setting.name in wanted))) {
      expect([name, defaults[name] !== undefined]).toEqual([name, valueOf(name) !== undefined]);
      expect([name, valueOf(name, { [name]: defaults[name] })]).toEqual([name, valueOf(name)]);
    }
  });

  describe('I4: the admin server with TLS', () => {
    const files = { ADMIN_CERT_FILE: '/cert.pem', ADMIN_KEY_FILE: '/key.pem' };
    const elsewhere = { ...wanted, ADMIN_LISTEN: '192.0.2.1:8480' };

    test('elsewhere than on loopback, clients bring a token or a certificate', () => {
      expect(() => readConfig({ ...elsewhere, ...files })).toThrow('ADMIN_TOKEN is missing where ADMIN_LISTEN');
      expect(readConfig({ ...elsewhere, ...files, ADMIN_CLIENT_CA_FILE: '/ca.pem' })).toMatchObject(files);
    });

    test.each([
      [{ ADMIN_CERT_FILE: '/cert.pem' }, 'ADMIN_KEY_FILE is missing'],
      [{ ADMIN_KEY_FILE: '/key.pem' }, 'ADMIN_CERT_FILE is missing'],
      [{ ADMIN_CLIENT_CA_FILE: '/ca.pem' }, 'ADMIN_CERT_FILE is missing where ADMIN_CLIENT_CA_FILE is set'],
    ])('%j is refused in one line', (wrong, message) => {
      expect(() => readConfig({ ...wanted, ...wrong })).toThrow(message);
    });
  });

  describe('of a P-CSCF whose media is at nodes', () => {
    const nodes = { ...wanted, RTPENGINE_NODES: 'ws://192.0.2.11:2225,ws://[2001:db8::1]:2225;weight=3' };

    test('K6: each has its place and weight', () => {
      expect(readPcscfConfig(nodes).RTPENGINE_NODES).toEqual([
        { at: 'ws://192.0.2.11:2225', weight: 1 },
        { at: 'ws://[2001:db8::1]:2225', weight: 3 },
      ]);
    });

    test.each([
      [{ RTPENGINE_NODES: '' }, 'RTPENGINE_NODES is missing'],
      [{ RTPENGINE_NODES: 'ws://192.0.2.11' }, 'RTPENGINE_NODES must look like'],
      [{ RTPENGINE_NODES: 'http://192.0.2.11:2225' }, 'RTPENGINE_NODES must look like'],
      [{ RTPENGINE_NODES: 'ws://192.0.2.11:2225;weight=0' }, 'RTPENGINE_NODES must look like'],
      [{ RTPENGINE_NODES: 'ws://192.0.2.11:99999' }, 'RTPENGINE_NODES must look like'],
      [{ RTPENGINE_NODES: 'ws://192.0.2.11:1,ws://192.0.2.11:1;weight=2' }, 'RTPENGINE_NODES must name each once'],
      [{ TURN_SECRET: 'a secret of more than 16' }, 'TURN_SECRET has no effect with edge80 pcscf'],
      [{ RTPENGINE_URLS: 'tcp://127.0.0.1:2223' }, 'RTPENGINE_URLS has no effect with edge80 pcscf'],
      [{ NODE_LOST: 'nothing' }, 'NODE_LOST'],
    ])('K6: %j is refused in one line', (wrong, message) => {
      expect(() => readPcscfConfig({ ...nodes, ...wrong })).toThrow(message);
    });

    test('K6: an edge says that they are none of it', () => {
      expect(() => readConfig(nodes)).toThrow('RTPENGINE_NODES has an effect with edge80 pcscf alone');
    });
  });

  describe('of a media node by itself', () => {
    const node = { GATEWAY_ADDRESS: '198.51.100.1' };

    it('K1: one must be given; ng is taken on loopback', () => {
      expect(readNodeConfig(node)).toMatchObject({ NG_LISTEN: [{ address: '127.0.0.1', port: 2223 }] });
      expect(readNodeConfig(node)).not.toHaveProperty('CORE_CONTACTS');
    });

    it.each([
      [{ NG_LISTEN: '192.0.2.1:2223' }, /^NG_FROM is missing where/],
      [{ NG_HTTP_LISTEN: '192.0.2.1:2225' }, /^NG_FROM is missing where/],
      [{ NG_LISTEN: '2223' }, /^NG_LISTEN must look like/],
      [{ NG_LISTEN: '127.0.0.1:2223,127.0.0.1:2223' }, /^NG_LISTEN must not open UDP port 2223 of 127.0.0.1 twice/],
      [{ NG_HTTP_LISTEN: '127.0.0.1:8480' }, /ADMIN_LISTEN must not open TCP port 8480/],
      [{ RTPENGINE_URLS: 'tcp://127.0.0.1:1,tcp://127.0.0.1:2' }, /^RTPENGINE_URLS must name one/],
      [{ TURN_SECRET: 'a'.repeat(32) }, /^TURN_SECRET has no effect/],
      [{ GATEWAY_BIND: '::1' }, /^GATEWAY_BIND must name addresses of the same families/],
    ])('K1: %j is told', (wrong, message) => {
      expect(() => readNodeConfig({ ...node, ...wrong })).toThrow(message);
    });
  });
});

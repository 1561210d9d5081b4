import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ends, type EndReports } from '../../app/demo/ends';
import { Firewall } from '../../app/demo/firewall';
import { addresses } from '../../app/demo/network';
import { NamespaceProcess, runTool } from '../../app/demo/processes';
import type { Direction } from '../../app/demo/flags';
import { Lab } from './support/lab';
import { describeInNamespaces } from './support/namespaces';
import { until } from './support/until';

const patience = 60_000;
const seconds = 1;
const packets = seconds * 50;

describeInNamespaces('a firewall that passes one port, and the edge on it', () => {
  let lab: Lab;
  const folder = mkdtempSync(join(tmpdir(), 'e80-shared-'));
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  const settings = { PUBLIC_PORTS: '80,443', TLS_CERT_FILE: cert, TLS_KEY_FILE: key, WEB_PHONE: 'on' };

  beforeAll(async () => {
    const subject = [
      '-subj',
      '/CN=edge',
      '-addext',
      `subjectAltName=IP:${addresses.edgeAccess}`,
      '-days',
      '1',
      '-nodes',
    ];
    await runTool('openssl', ['req', '-x509', '-newkey', 'rsa:2048', ...subject, '-keyout', key, '-out', cert]);
    lab = await Lab.start(settings);
  }, patience);

  afterAll(async () => {
    await lab.close();
    rmSync(folder, { recursive: true, force: true });
  }, 20_000);

  /** A call behind a firewall that passes one port of the edge; what else was tried is dropped. */
  async function call(port: number, direction: Direction, ueOptions: string[]): Promise<EndReports> {
    const firewall = await Firewall.raise(lab.network, [port]);
    const ends = new Ends(lab.network, { direction, seconds, sipPort: port, ueOptions });
    try {
      const reports = await ends.run();
      const { fromUe, toUe } = await firewall.counts();
      expect([Object.keys(fromUe.passed), Object.keys(toUe.passed)]).toEqual([[`tcp${port}`], [`tcp${port}`]]);
      return reports;
    } finally {
      await ends.close();
      await firewall.lower();
      await lab.nothingLeft();
    }
  }

  // SIP over TCP and TLS goes the same ways in the demo's test.
  const ways: [string, number, string[]][] = [
    ['WebSocket', 80, ['--ws']],
    ['secure WebSocket', 443, ['--tls', '--ws', '--ca', cert]],
  ];

  test.each(
    ways.flatMap((way) => (['originating', 'terminating'] as const).map((direction) => [...way, direction] as const)),
  )(
    'J2, J3, J4: with %s on TCP %i a UE registers and has a call',
    async (_, port, options, direction) => {
      const { ue, core } = await call(port, direction, options);
      expect({ ue, core }).toMatchObject({
        ue: { ok: true, path: `tcp${port}`, sent: packets, received: packets },
        core: { ok: true, sent: packets, received: packets },
      });
    },
    patience,
  );

  const fromUe = (...command: string[]) => runTool('ip', ['netns', 'exec', lab.network.namespace('ue'), ...command]);
  const base = { http: `http://${addresses.edgeAccess}`, https: `https://${addresses.edgeAccess}` };

  test('J6: curl gets the page, the phone, 404 and 426, over HTTP and HTTPS, and nothing of the inside', async () => {
    for (const url of [base.http, base.https]) {
      const get = (path: string, ...more: string[]) =>
        fromUe('curl', '-s', '--cacert', cert, '-o', '-', '-w', '\n%{http_code}', ...more, url + path);
      const page = await get('/');
      expect(page).toMatch(/\n200$/);
      expect(page).not.toMatch(/192\.0\.2|fastify|node|0\.1\.0/i);
      expect(await get('/phone/')).toMatch(/\n200$/);
      expect(await get('/phone/sip.js/index.js')).toMatch(/\n200$/);
      expect(await get('/no/such/page')).toMatch(/\n404$/);
      const upgrade = ['-H', 'Connection: Upgrade', '-H', 'Upgrade: websocket', '-H', 'Sec-WebSocket-Version: 13'];
      const websocket = [...upgrade, '-H', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==', '--http1.1'];
      expect(await get('/', ...websocket)).toMatch(/\n(400|426)$/);
      expect(await get('/', '--http2')).toBe(page);
    }
  });

  test('J1, J4: openssl finds TLS on each shared port, and SIP in it', async () => {
    const script = (port: number) =>
      `printf 'OPTIONS sip:${addresses.edgeAccess} SIP/2.0\\r\\nVia: SIP/2.0/TLS 10.9.8.7;branch=z9hG4bK1\\r\\n` +
      `From: <sip:a@example.net>;tag=1\\r\\nTo: <sip:${addresses.edgeAccess}>\\r\\nCall-ID: s-${port}\\r\\nCSeq: 1 OPTIONS\\r\\n` +
      `Max-Forwards: 70\\r\\nContent-Length: 0\\r\\n\\r\\n' | timeout 1 openssl s_client -quiet -verify_return_error ` +
      `-CAfile ${cert} -connect ${addresses.edgeAccess}:${port} 2>/dev/null | head -1`;
    for (const port of [80, 443]) expect(await fromUe('sh', '-c', script(port))).toMatch(/^SIP\/2\.0 \d{3} /);
  });

  test.each(['send-proxy', 'send-proxy-v2'])(
    'J7: behind HAProxy with %s: calls pass, and the UE is known by its own address',
    async (header) => {
      await lab.startEdge({
        ...settings,
        GATEWAY_BIND: '127.0.0.1',
        RTPENGINE_ACCESS_INTERFACE: addresses.edgeAccess,
        PROXY_PROTOCOL_FROM: '127.0.0.1',
      });
      const file = join(folder, `${header}.cfg`);
      const passing = (port: number) =>
        `listen p${port}\n  bind ${addresses.edgeAccess}:${port}\n  server edge 127.0.0.1:${port} ${header}\n`;
      const times = 'timeout connect 5s\n  timeout client 60s\n  timeout server 60s';
      writeFileSync(file, `defaults\n  mode tcp\n  ${times}\n${passing(80)}${passing(443)}`);
      const haproxy = new NamespaceProcess({
        name: 'haproxy',
        namespace: lab.network.namespace('edge'),
        program: 'haproxy',
        args: ['-db', '-f', file],
      });
      try {
        await until('haproxy takes connections', 10_000, () =>
          fromUe('curl', '-s', base.http).then(
            () => true as const,
            () => undefined,
          ),
        );
        const { ue, core } = await call(80, 'originating', ['--ws']);
        expect({ ue, core }).toMatchObject({ ue: { path: 'tcp80', received: packets }, core: { received: packets } });
        const remotes = lab.edgeLog.filter((line) => /"UE connected"|"selected"/.test(line)).slice(-2);
        expect(remotes.length).toBe(2);
        for (const line of remotes) expect(line).toContain(`"${addresses.ue}"`);
      } finally {
        await haproxy.close();
        await lab.startEdge(settings);
      }
    },
    patience,
  );

  test(
    'J8: through squid with the rules of Debian, CONNECT to 443 alone and no direct way, a UE registers and has a call',
    async () => {
      const file = join(folder, 'squid.conf');
      const quiet = [
        'access_log none',
        'cache_log /dev/null',
        'cache deny all',
        'pid_filename none',
        'shutdown_lifetime 1 second',
      ];
      writeFileSync(file, ['include /etc/squid/squid.conf', ...quiet].join('\n'));
      const namespace = lab.network.namespace('ue');
      const squid = new NamespaceProcess({ name: 'squid', namespace, program: 'squid', args: ['-N', '-f', file] });
      const rule = `meta skuid != proxy ip daddr ${addresses.edgeAccess} drop`;
      await fromUe(
        'nft',
        `add table inet direct; add chain inet direct out { type filter hook output priority 0; }; add rule inet direct out ${rule}`,
      );
      try {
        await until('squid takes connections', 20_000, () =>
          fromUe('curl', '-s', '--cacert', cert, '-x', 'http://127.0.0.1:3128', base.https).then(
            () => true as const,
            () => undefined,
          ),
        );
        const proxy = ['--http-proxy', 'http://127.0.0.1:3128'];
        const { ue, core } = await call(443, 'originating', ['--tls', '--ws', '--ca', cert, ...proxy]);
        expect({ ue, core }).toMatchObject({ ue: { path: 'tcp443', received: packets }, core: { received: packets } });
      } finally {
        await fromUe('nft', 'delete table inet direct');
        await squid.close();
      }
    },
    patience,
  );
});

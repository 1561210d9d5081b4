import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { NamespaceProcess } from '../../app/demo/processes';
import { askAdmin } from './support/admin';
import { Lab } from './support/lab';
import { describeInNamespaces } from './support/namespaces';
import { SipPairs } from './support/sip-pair';
import { until } from './support/until';

/** Settings that are secrets. */
const settings = {
  TURN_SECRET: 'the-secret-of-turn-of-this-test',
  TURN_USER: 'shared',
  TURN_PASSWORD: 'the-password-of-the-shared-pair',
  FLOW_TOKEN_KEYS: 'a-key-of-flow-tokens-that-is-long-enough-0123456789',
  HEP_PASSWORD: 'the-password-of-the-capture-server',
};

/** What UE and core say in the scenarios below. */
const said = {
  'the UE’s a=ice-pwd': 'passwordOfTheUeTwentyTwo',
  'a=crypto': 'WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz',
  'k=': 'keyInTheClearOfTheUe',
  'the response of Authorization': '0123456789abcdef0123456789abcdef',
  ck: 'c0ffeec0ffee',
  ik: 'decadedecade',
};

const sink = `
  const { appendFileSync } = require('node:fs');
  require('node:dgram').createSocket('udp4').on('message', (packet) => appendFileSync(process.argv[1], packet))
    .bind(9060, '127.0.0.1', () => console.log('listens'));
`;

describeInNamespaces('secrets of UEs, of the core and of the settings', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'e80-secrets-'));
  const [records, captured] = ['records', 'captured'].map((name) => path.join(folder, name)) as [string, string];
  let lab: Lab;
  let capture: NamespaceProcess;
  const told: Record<string, string> = {};

  beforeAll(async () => {
    lab = await Lab.start({
      ...settings,
      TCP_PRIORITY: 'lowest',
      ...{ LOG_LEVEL: 'trace', CALL_RECORDS: records, HEP_SERVER: '127.0.0.1:9060' },
    });
    capture = new NamespaceProcess({
      name: 'the capture server',
      namespace: lab.network.namespace('edge'),
      program: process.execPath,
      args: ['-e', sink, captured],
    });
    await capture.line('it listened', 5000, (line) => (line === 'listens' ? true : undefined));
    const pairs = new SipPairs(lab);
    await Promise.all(
      [
        await pairs.core({ scenario: 'registering/challenged.core', keywords: { granted: '' } }),
        await pairs.ue({ scenario: 'registering/challenged.ue' }),
      ].map((end) => end.succeeded()),
    );
    await pairs.close();
    const core = await pairs.core({ scenario: 'originating/answered.core', calls: 2 });
    const ue = await pairs.ue({ scenario: 'originating/keyed.ue' });
    await Promise.all([ue.succeeded(), core.succeeded()]);
    await pairs.close();
    told['call records'] = await until('there is a record', 5000, () =>
      Promise.resolve(existsSync(records) ? readFileSync(records, 'utf8') || undefined : undefined),
    );
    const { call } = JSON.parse(told['call records']) as { call: string };
    const pages = ['/status', '/metrics', '/api/overview', '/api/calls', `/api/calls/${call}`, '/api/registrations'];
    for (const page of pages) told[page] = (await askAdmin(lab.network, page)).text;
    told['the log'] = lab.edgeLog.join('\n');
    told['the capture server'] = readFileSync(captured, 'latin1').replaceAll(settings.HEP_PASSWORD, '');
  }, 60_000);

  afterAll(async () => {
    await capture.close();
    await lab.close();
    rmSync(folder, { recursive: true });
  }, 20_000);

  test('there is much to be read: SDP, challenges and steps', () => {
    expect(told['the log']?.length).toBeGreaterThan(1000);
    for (const place of ['the capture server']) expect(told[place]).toMatch(/a=ice-pwd: \(not shown\)/);
    expect(told['the capture server']).toMatch(/WWW-Authenticate: \(not shown\)/);
    expect(Object.entries(told).find(([place]) => place.startsWith('/api/calls/'))?.[1]).toMatch(
      /a=ice-pwd: \(not shown\)/,
    );
  });

  test.each(Object.entries({ ...said, ...settings }).filter(([name]) => name !== 'TURN_USER'))(
    'I9: %s is told nowhere',
    (_, secret) => {
      expect(
        Object.entries(told)
          .filter(([, text]) => text.includes(secret))
          .map(([place]) => place),
      ).toEqual([]);
    },
  );

  test('nor is a password that the edge made for its own candidates', () => {
    const places = Object.entries(told).filter(([, text]) => /ice-pwd:\s*[\w+/]{22}/.test(text));
    expect(places.map(([place]) => place)).toEqual([]);
  });
});

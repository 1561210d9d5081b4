import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ends, type EndReports, type EndsOptions } from '../../app/demo/ends';
import { Firewall } from '../../app/demo/firewall';
import { addresses, Network } from '../../app/demo/network';
import { UeTool } from '../../app/demo/ue-tool';
import { selfSigned } from '../unit/access/self-signed';
import { Kamailio } from './support/kamailio';
import { Lab } from './support/lab';
import { labOfSuite } from './support/lab-of-suite';
import { logged } from './support/logged';
import { describeInNamespaces } from './support/namespaces';

const seconds = 2;
const packets = seconds * 50;
const fileBytes = 3_000_000;

const directions = ['originating', 'terminating'] as const;

let folder: string;
let file: string;
let sha256: string;

const transfer = () => ({ bytes: fileBytes, sha256 });

/** The caller sends the file, the callee sends back what came. */
const fileBothWays = () => ({
  caller: ['--send-file', file, '--receive-file', join(folder, 'returned')],
  callee: ['--receive-file', join(folder, 'arrived'), '--send-back'],
});

const call = async (lab: Lab, options: Omit<EndsOptions, 'seconds'>): Promise<EndReports> => {
  const { caller, callee } = fileBothWays();
  const ends = new Ends(lab.network, {
    seconds,
    ...options,
    callerOptions: ['--media', 'msrp', ...caller, ...(options.callerOptions ?? [])],
    calleeOptions: [...callee, ...(options.calleeOptions ?? [])],
  });
  try {
    return await ends.run();
  } finally {
    await ends.close();
  }
};

/** Both ends sent it, and both have it. */
const expectWhole = ({ ue, core }: EndReports, times = 1) => {
  const each = Array.from({ length: times }, transfer);
  expect({ ue: ue.error, core: core.error }).toEqual({ ue: null, core: null });
  expect(ue.msrp).toMatchObject({ sent: each, received: each });
  expect(core.msrp).toMatchObject({ sent: each, received: each });
  for (const name of ['arrived', 'returned']) {
    expect(
      createHash('sha256')
        .update(readFileSync(join(folder, name)))
        .digest('hex'),
    ).toBe(sha256);
  }
};

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'e80-msrp-'));
  file = join(folder, 'file');
  const content = randomBytes(fileBytes);
  sha256 = createHash('sha256').update(content).digest('hex');
  writeFileSync(file, content);
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

describeInNamespaces('MSRP where the firewall passes TCP 80 alone', () => {
  let lab: Lab;
  let logBefore: number;

  labOfSuite((started) => (lab = started), { firewall: 'tcp80' });

  beforeEach(() => {
    logBefore = lab.edgeLog.length;
  });

  describe.each(directions)('%s', (direction) => {
    test('A2 H1 H2: a file goes both ways over TCP 80, and rtpengine holds no call', async () => {
      const reports = await call(lab, { direction });
      expectWhole(reports);
      expect(reports.ue.msrp?.path).toBe('tcp80');
      // What was gathered of a call before comes late, with how many times it was.
      const pairs = logged(lab.edgeLog.slice(logBefore), 'media has its path').filter((line) => !('times' in line));
      expect(pairs).toMatchObject([{ line: 0, path: 'tcp80', remote: { address: addresses.ue } }]);
    }, 60_000);

    test.each(['active', 'passive'] as const)(
      'H5 H7: a core that is %s: the edge is the other',
      async (setup) => {
        expectWhole(await call(lab, { direction, coreOptions: ['--setup', setup] }));
      },
      60_000,
    );

    test('H8: with CEMA at both ends', async () => {
      expectWhole(await call(lab, { direction, ueOptions: ['--cema'], coreOptions: ['--cema'] }));
    }, 60_000);

    test('H11: MSRP over TLS from end to end', async () => {
      const [ofUe, ofCore] = ['ue', 'core'].map((name) => {
        const { cert, key } = selfSigned(`${name}.example.net`);
        const pem = join(folder, `${name}.pem`);
        writeFileSync(pem, `${cert.toString()}${key.toString()}`);
        // The edge cannot rewrite paths that it cannot read.
        return ['--msrps', pem, '--cema'];
      });
      expectWhole(await call(lab, { direction, ueOptions: ofUe!, coreOptions: ofCore! }));
    }, 60_000);

    test('A2: beside audio, of which no packet is lost', async () => {
      const reports = await call(lab, { direction, callerOptions: ['--media', 'audio,msrp'] });
      expectWhole(reports);
      for (const report of [reports.ue, reports.core]) {
        expect(report).toMatchObject({ sent: packets, received: packets });
      }
      expect(reports.ue.path).toBe('tcp80');
    }, 60_000);

    test('F2 H10: MSRP is dropped and taken back by re-INVITEs, and the audio goes on', async () => {
      const reports = await call(lab, {
        direction,
        callerOptions: ['--media', 'audio,msrp', '--drop', 'msrp'],
        calleeOptions: ['--receive', '2'],
      });
      expectWhole(reports, 2);
      for (const report of [reports.ue, reports.core]) {
        expect(report).toMatchObject({ sent: packets, received: packets });
      }
    }, 60_000);

    test('F2: audio is dropped and taken back by re-INVITEs, and the MSRP session goes on', async () => {
      const reports = await call(lab, {
        direction,
        callerOptions: ['--media', 'audio,msrp', '--drop', 'audio'],
        calleeOptions: ['--receive', '3'],
      });
      expectWhole(reports, 3);
      for (const { streams } of [reports.ue, reports.core]) {
        expect(streams).toHaveLength(2);
        expect(streams[1]).toMatchObject({ sent: packets, received: packets });
      }
    }, 60_000);

    test('an offer in the 200 and its answer in the ACK (F7)', async () => {
      expectWhole(await call(lab, { direction, callerOptions: ['--offerless'], calleeOptions: ['--media', 'msrp'] }));
    }, 60_000);
  });
});

describeInNamespaces('MSRP of a UE without ICE, where there is no firewall', () => {
  let lab: Lab;

  labOfSuite((started) => (lab = started));

  describe.each(directions)('%s', (direction) => {
    test.each([['msrp'], ['audio,msrp']])(
      'H7: plain TCP/MSRP, %s',
      async (media) => {
        const reports = await call(lab, { direction, ueOptions: ['--no-ice'], callerOptions: ['--media', media] });
        expectWhole(reports);
        expect(reports.ue.msrp?.path).not.toBe('tcp80');
        if (media === 'audio,msrp') expect(reports.ue).toMatchObject({ path: 'udp', sent: packets, received: packets });
      },
      60_000,
    );
  });

  test.each(['active', 'passive'])(
    'H5 H7: it calls and offers to be %s',
    async (setup) => {
      expectWhole(await call(lab, { direction: 'originating', ueOptions: ['--no-ice', '--setup', setup] }));
    },
    60_000,
  );
});

describeInNamespaces('MSRP between two UEs of one edge, with Kamailio as core', () => {
  const places = { alice: 'ue', bob: 'ue2' } as const;
  const opened: { close(): Promise<void> }[] = [];
  const running: UeTool[] = [];
  let lab: Lab;

  const ue = async (name: keyof typeof places, ...args: string[]) => {
    const { password } = Kamailio.users[name];
    const own = ['--edge', `${addresses.edgeAccess}:80`, '--user', name, '--password', password, '--register'];
    const tool = new UeTool(lab.network, places[name], [...own, '--seconds', String(seconds), ...args], name);
    running.push(tool);
    await tool.event('registered', 10_000);
    return tool;
  };

  beforeAll(async () => {
    lab = await Lab.start({}, new Network(['ue', 'ue2']));
    opened.push(lab, await Kamailio.start(lab.network, ''));
    for (const place of Object.values(places)) await Firewall.raise(lab.network, 'tcp80', place);
  }, 60_000);

  afterAll(async () => {
    for (const one of opened.splice(0).reverse()) await one.close();
  }, 20_000);

  afterEach(async () => {
    await Promise.all(running.splice(0).map((tool) => tool.close()));
    await lab.nothingLeft();
  }, 20_000);

  test.each([
    ['msrp', []],
    ['audio,msrp', []],
    ['msrp', ['--cema']],
  ] as [string, string[]][])(
    'A2 H1 H9: a file goes both ways over TCP 80 twice: %s %j',
    async (media, extra) => {
      const { caller, callee } = fileBothWays();
      const bob = await ue('bob', '--wait-call', ...callee, ...extra);
      const alice = await ue('alice', '--call', Kamailio.users.bob.uri, '--media', media, ...caller, ...extra);
      const [ofAlice, ofBob] = await Promise.all([alice.report(30_000), bob.report(30_000)]);
      for (const { error, msrp } of [ofAlice, ofBob]) {
        expect(error).toBeNull();
        expect(msrp).toMatchObject({ path: 'tcp80', sent: [transfer()], received: [transfer()] });
      }
    },
    60_000,
  );
});

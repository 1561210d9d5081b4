import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Ends } from '../../app/demo/ends';
import { addresses } from '../../app/demo/network';
import { NamespaceProcess, runTool } from '../../app/demo/processes';
import { askAdmin } from './support/admin';
import { Lab } from './support/lab';
import { describeInNamespaces } from './support/namespaces';
import { until } from './support/until';

const fields = ['ip.src', 'ip.dst', 'sip.Request-Line', 'sip.Status-Line', 'sip.Call-ID', 'sip.auth'];

describeInNamespaces(
  'what a capture server is sent',
  () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'e80-capture-'));
    const file = path.join(folder, 'seen.pcap');
    let lab: Lab;

    beforeAll(async () => {
      lab = await Lab.start({ HEP_SERVER: '127.0.0.1:9060' });
    }, 30_000);

    afterAll(async () => {
      await lab.close();
      rmSync(folder, { recursive: true });
    }, 20_000);

    test('I9: sngrep has SIP as UE and core see it, with the real address of the UE', async () => {
      const sngrep = new NamespaceProcess({
        name: 'sngrep',
        namespace: lab.network.namespace('edge'),
        program: 'sngrep',
        args: ['-F', '-N', '-q', '-L', 'udp:127.0.0.1:9060', '-O', file],
      });
      const isListening = () =>
        runTool('ip', ['netns', 'exec', lab.network.namespace('edge'), 'ss', '-Hlun', 'sport = :9060']);
      await until('sngrep listens', 10_000, async () => ((await isListening()) === '' ? undefined : true));
      const ends = new Ends(lab.network, { direction: 'originating', seconds: 1 });
      try {
        expect(await ends.run()).toMatchObject({ ue: { error: null }, core: { error: null } });
        const { text } = await askAdmin(lab.network, '/status');
        expect(JSON.parse(text)).toMatchObject({ capture: { dropped: 0 } });
      } finally {
        await ends.close();
        await sngrep.close();
      }
      const read = await runTool('tshark', [
        '-r',
        file,
        '-Y',
        'sip',
        '-T',
        'fields',
        ...fields.flatMap((f) => ['-e', f]),
      ]);
      const seen = read
        .trimEnd()
        .split('\n')
        .map((line) => line.split('\t'));
      const between = (from: string, to: string) =>
        seen
          .filter(([source, destination]) => source === from && destination === to)
          .map(([, , request = '', status = '']) =>
            (request || status)
              .split(' ')
              .slice(0, 2)
              .join(' ')
              .replace(/ sip:.*/, ''),
          );
      const { ue, core, edgeAccess, edgeCore } = addresses;
      expect(readFileSync(file, 'latin1')).toMatch(/a=ice-pwd: \(not shown\)/);
      expect(readFileSync(file, 'latin1')).not.toMatch(/a=ice-pwd:(?! \(not shown\))/);
      expect(between(ue, edgeAccess)).toEqual(expect.arrayContaining(['INVITE', 'ACK', 'BYE']));
      expect(between(edgeAccess, ue)).toEqual(expect.arrayContaining(['SIP/2.0 200']));
      expect(between(edgeCore, core)).toEqual(expect.arrayContaining(['INVITE', 'ACK']));
      expect(between(core, edgeCore)).toEqual(expect.arrayContaining(['SIP/2.0 200']));
    }, 60_000);
  },
  { programs: ['sngrep', 'tshark'] },
);

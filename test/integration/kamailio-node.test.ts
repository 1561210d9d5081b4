import { mkdtempSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { tmpdir } from 'node:os';
import { builtProgram } from '../../app/demo/edge-process';
import { Firewall, total } from '../../app/demo/firewall';
import { addresses, Network } from '../../app/demo/network';
import { NamespaceProcess, runTool } from '../../app/demo/processes';
import { UeTool } from '../../app/demo/ue-tool';
import { describeInNamespaces } from './support/namespaces';
import { rtpengineProgram } from './support/rtpengine';
import { until } from './support/until';

const seconds = 2;
const packets = seconds * 50;
const stepMs = 10_000;
const reportMs = 30_000;

/** Of Kamailio toward UEs: beside the node's, as both have port 80. */
const signalling = '198.51.100.5';

describeInNamespaces("a media node of Debian's Kamailio, and no signalling of edge80", () => {
  const folder = mkdtempSync(join(tmpdir(), 'e80-node-'));
  let network: Network;
  let firewall: Firewall;
  let agw: NamespaceProcess;
  let kamailio: NamespaceProcess;
  const tools: UeTool[] = [];

  beforeAll(async () => {
    Network.removeLeftovers();
    network = new Network();
    await network.lay();
    const edge = network.namespace('edge');
    await runTool('ip', ['-n', edge, 'address', 'add', `${signalling}/32`, 'dev', 'access']);
    const main = builtProgram('main.js');
    agw = new NamespaceProcess({
      ...{
        name: 'the node',
        namespace: edge,
        program: process.execPath,
        args: [main, 'agw'],
        directory: dirname(main),
      },
      environment: {
        GATEWAY_ADDRESS: addresses.edgeAccess,
        RTPENGINE_CORE_INTERFACE: addresses.edgeCore,
        RTPENGINE_BIN: rtpengineProgram(),
        DRAIN_SECONDS: '0',
      },
    });
    await agw.line('it was ready', 20_000, (line) => (line.includes('"edge80 is ready"') ? true : undefined));
    kamailio = new NamespaceProcess({
      ...{ name: 'Kamailio', namespace: edge, program: 'kamailio' },
      args: [
        ...['-f', resolve(__dirname, '../kamailio/media-node.cfg'), '-DD', '-E', '-m', '32', '-M', '4'],
        ...['-w', folder, '-Y', folder],
        ...['-l', `tcp:${signalling}:80`, '-l', `tcp:${addresses.edgeCore}:5060`],
      ],
    });
    await kamailio.line('it was ready', stepMs, (line) => (line.endsWith('<script>: ready') ? true : undefined));
    firewall = await Firewall.raise(network, 'tcp80');
  }, 60_000);

  afterAll(async () => {
    await kamailio.close();
    await agw.close();
    network.close();
    rmSync(folder, { recursive: true, force: true });
  }, 20_000);

  afterEach(async () => {
    await Promise.all(tools.splice(0).map((tool) => tool.close()));
    await until('the node has nothing left', stepMs, async () => {
      const { calls, media } = await status();
      return calls === 0 && media.gateway.streams === 0 ? true : undefined;
    });
  }, 20_000);

  async function status() {
    const url = 'http://127.0.0.1:8480/status';
    const json = await runTool('ip', ['netns', 'exec', network.namespace('edge'), 'curl', '-s', url]);
    return JSON.parse(json) as { calls: number; media: { gateway: { streams: number } }; ng: { answered: number } };
  }

  const start = (place: 'ue' | 'core', ...args: string[]) => {
    const at = place === 'ue' ? [`${signalling}:80`] : [`${addresses.edgeCore}:5060`, '--no-ice'];
    const media = ['--seconds', String(seconds), '--timeout', '10'];
    const tool = new UeTool(network, place, ['--edge', ...at, '--register', ...media, ...args], args[1] ?? place);
    tools.push(tool);
    return tool;
  };
  const ue = (...args: string[]) => start('ue', '--user', 'alice', ...args);
  const phone = (...args: string[]) => start('core', '--user', 'bob', ...args);

  test.each([
    ['calls', 'TCP', []],
    ['is called', 'TCP', []],
    ['calls', 'WebSocket', ['--ws']],
  ])(
    'K1: a UE behind a firewall that passes TCP 80 alone %s, SIP over %s',
    async (what, _transport, options) => {
      const isCalling = what === 'calls';
      const [wait, call] = isCalling ? [phone, ue] : [ue, phone];
      const callee = wait('--wait-call', ...(isCalling ? [] : options));
      await callee.event('registered', stepMs);
      const caller = call('--call', `sip:${isCalling ? 'bob' : 'alice'}@example.net`, ...(isCalling ? options : []));
      const reports = await Promise.all([caller.report(reportMs), callee.report(reportMs)]);
      const [ofUe, ofPhone] = isCalling ? reports : [reports[1], reports[0]];
      expect({ ofUe, ofPhone }).toMatchObject({
        ofUe: { ok: true, path: 'tcp80', sent: packets },
        ofPhone: { ok: true, sent: packets, received: packets },
      });
      // The phone sends before the UE has its path.
      expect(ofUe.received).toBeGreaterThan(0);
      const { fromUe } = await firewall.counts();
      expect(total(fromUe.passed)).toBeGreaterThan(0);
      expect(Object.keys(fromUe.passed)).toEqual(['tcp80']);
      expect((await status()).ng.answered).toBeGreaterThan(3);
    },
    60_000,
  );
});

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { Client } from 'rtpengine-client';
import { pino } from 'pino';
import { parseControlUrl, type ControlAddress } from '../../lib/rtpengine/control-address';
import { LocalDaemon } from '../../lib/rtpengine/local-daemon';
import { NgClient } from '../../lib/rtpengine/ng-client';
import { UdpEnd } from './support/media-ends';
import { describeWithRtpengine, mediaLine } from './support/real-anchor';
import { rtpengineProgram } from './support/rtpengine';
import { until } from './support/until';

const access = '127.0.0.2';
const core = '127.0.0.3';

function sdp(address: string, port: number): string {
  const lines = [
    'v=0',
    `o=- 1 1 IN IP4 ${address}`,
    's=-',
    `c=IN IP4 ${address}`,
    't=0 0',
    `m=audio ${port} RTP/AVP 0`,
  ];
  return [...lines, ''].join('\r\n');
}

/** A command that is RTP as well: its cookie is the header (RFC 3550 §5.1) of a packet of PCMU. */
function commandInRtp(sequence: number, command: object): Buffer {
  const header = Buffer.from(`\x80\0\x41${String.fromCharCode(sequence)}timessrc`, 'latin1');
  return Buffer.concat([header, Client.encodeMessage('', command)]);
}

/** A call whose far end says that its media goes to the control port, and a UE in league that sends commands as media. */
class Conspiracy {
  readonly ue: UdpEnd;
  #sequence = 1;

  private constructor(ue: UdpEnd) {
    this.ue = ue;
  }

  static async agree(ng: NgClient, { host, port }: ControlAddress): Promise<Conspiracy> {
    const ue = await UdpEnd.open('127.0.0.5');
    const call = { 'call-id': 'conspiracy', 'from-tag': 'ue' };
    const plain = { ICE: 'remove', replace: ['origin'], flags: [] } as const;
    await ng.request('offer', {
      ...{ ...call, ...plain, sdp: sdp('127.0.0.5', ue.port), direction: ['access', 'core'] },
      ...{ 'ICE-lite': 'backward', 'rtcp-mux': ['demux'] },
    });
    const answer = await ng.request('answer', { ...call, ...plain, 'to-tag': 'far', sdp: sdp(host, port) });
    ue.to = { address: access, port: mediaLine(answer.sdp ?? '').port };
    return new Conspiracy(ue);
  }

  say(command: object): void {
    this.ue.send(commandInRtp(this.#sequence++, command));
  }
}

const victim = { 'call-id': 'victim', 'from-tag': 'a' };

async function placeCall(ng: NgClient): Promise<void> {
  await ng.request('offer', {
    ...{ ...victim, sdp: sdp('127.0.0.6', 7000), ICE: 'remove', replace: ['origin'], direction: ['access', 'core'] },
    ...{ 'ICE-lite': 'backward', 'rtcp-mux': ['demux'] },
  });
}

const isThere = (ng: NgClient) =>
  ng.request('query', { 'call-id': victim['call-id'] }).then(
    () => true,
    () => false,
  );

const remove = { command: 'delete', 'call-id': victim['call-id'], 'delete-delay': 0 };

describeWithRtpengine("rtpengine's control port", () => {
  let ng: NgClient;
  let conspiracy: Conspiracy;

  afterEach(() => {
    conspiracy.ue.close();
    ng.close();
  });

  describe('of an rtpengine that edge80 starts', () => {
    let daemon: LocalDaemon;
    let control: ControlAddress;

    beforeEach(async () => {
      const interfaces = {
        edge: 'test',
        accessInterfaces: [access],
        coreInterfaces: [core],
        ports: { first: 30_000, last: 39_999 },
      };
      const logger = pino({ level: 'silent' });
      daemon = new LocalDaemon({ program: rtpengineProgram(), ...interfaces, logger }, () => undefined);
      control = parseControlUrl(await daemon.start());
      ng = new NgClient({ at: control });
      await placeCall(ng);
      conspiracy = await Conspiracy.agree(ng, control);
    });
    afterEach(async () => {
      await daemon.close();
    });

    test('N1 X1: hears nothing of media that is sent to it', async () => {
      // Media does come there: it is this socket that has it, and not rtpengine.
      const there = await UdpEnd.open(control.host, control.port);
      conspiracy.say(remove);
      await there.hears('command6:delete');
      there.close();
      expect(await isThere(ng)).toBe(true);
    });

    test.each(['127.0.0.2', '127.0.0.3', '127.0.0.5'])('N1 X1: answers no datagram from %s', async (from) => {
      const end = await UdpEnd.open(from);
      end.to = { address: control.host, port: control.port };
      end.send(Client.encodeMessage('cookie', { command: 'list' }));
      end.send(Client.encodeMessage('cookie2', remove));
      // Each command of ours comes after the datagrams.
      for (let i = 0; i < 20; i++) expect(await isThere(ng)).toBe(true);
      expect(end.heard).toEqual([]);
      end.close();
    });
  });

  describe('over UDP', () => {
    const control: ControlAddress = { transport: 'udp', host: '127.77.0.9', port: 2223 };
    let rtpengine: ChildProcess;

    beforeEach(async () => {
      const own = ['--config-file=none', '--foreground', '--log-stderr', '--log-level=4', '--table=-1'];
      const interfaces = [`--interface=access/${access}`, `--interface=core/${core}`];
      const listen = `--listen-ng=${control.host}:${control.port}`;
      rtpengine = spawn(rtpengineProgram(), [...own, ...interfaces, listen], { stdio: 'ignore' });
      ng = new NgClient({ at: control });
      await until('rtpengine answers', 10_000, () => ng.request('ping', {}).catch(() => undefined));
      await placeCall(ng);
      conspiracy = await Conspiracy.agree(ng, control);
    });
    afterEach(async () => {
      rtpengine.kill('SIGKILL');
      await once(rtpengine, 'exit');
    });

    // Why deploy.md wants TCP, or something in between: if this fails one day, rtpengine sees to it by itself.
    test('obeys media that is sent to it', async () => {
      conspiracy.say({ command: 'list' });
      await conspiracy.ue.hears('5:calls');
      conspiracy.say(remove);
      await until('the call is gone', 5000, async () => ((await isThere(ng)) ? undefined : true));
    });
  });
});

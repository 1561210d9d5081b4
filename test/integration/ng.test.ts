import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { WebSocket } from 'ws';
import { readNodeConfig } from '../../app/read-config';
import { Agw } from '../../app/roles/agw';
import { createLogger } from '../../lib/ops/logger';
import { check, rtp, TcpEnd, UdpEnd } from './support/media-ends';
import { NgPeer, type Plain } from './support/ng-peer';
import { describeWithRtpengine, mediaLine } from './support/real-anchor';
import { rtpengineProgram } from './support/rtpengine';
import { until } from './support/until';

const access = '127.0.0.2';
const core = '127.0.0.3';
const port = 8081;
const ngAt = { address: '127.0.0.1', port: 22223 };
const httpAt = '127.0.0.1:22226';
const ueCredentials = ['a=ice-ufrag:ueUF', 'a=ice-pwd:uepwduepwduepwduepwd12'];

function sdp(address: string, ...lines: string[]): string {
  return ['v=0', `o=- 1 1 IN IP4 ${address}`, 's=-', `c=IN IP4 ${address}`, 't=0 0', ...lines, ''].join('\r\n');
}

const ueSdp = sdp(
  '127.0.0.1',
  'm=audio 5000 RTP/AVP 0',
  ...ueCredentials,
  'a=candidate:1 1 UDP 2130706431 127.0.0.1 5000 typ host',
  'a=rtcp-mux',
);

describeWithRtpengine('ng through a node with a real rtpengine', () => {
  let agw: Agw;
  let ng: NgPeer;
  let far: UdpEnd;
  let calls = 0;

  beforeAll(async () => {
    const config = readNodeConfig({
      GATEWAY_ADDRESS: access,
      PUBLIC_PORTS: String(port),
      RTPENGINE_CORE_INTERFACE: core,
      RTPENGINE_BIN: rtpengineProgram(),
      NG_LISTEN: `${ngAt.address}:${ngAt.port}`,
      NG_HTTP_LISTEN: httpAt,
      ADMIN_LISTEN: 'off',
      GATEWAY_PLANE: 'node',
      CORE_MEDIA: '127.0.0.0/8',
    });
    agw = new Agw(config, createLogger('silent'), () => undefined);
    await agw.start();
    ng = await NgPeer.open(ngAt);
    far = await UdpEnd.open('127.0.0.4');
  }, 30_000);
  afterAll(async () => {
    ng.close();
    far.close();
    await agw.close();
  });
  afterEach(async () => {
    expect(agw.calls).toBe(0);
    expect(agw.status().media?.gateway.streams).toBe(0);
    expect((await ng.ask({ command: 'list' }))['calls']).toEqual([]);
  });

  const farSdp = () => sdp('127.0.0.4', `m=audio ${far.port} RTP/AVP 0`);
  const toUe = { direction: ['core', 'access'], ICE: 'force', 'rtcp-mux': ['offer'] };
  const toCore = { direction: ['access', 'core'], ICE: 'remove', 'rtcp-mux': ['demux'] };
  const newCall = () => ({ 'call-id': `call ${(calls += 1)}`, 'from-tag': 'a' });
  const released = async (call: Plain) => ng.ask({ command: 'delete', 'delete delay': 0, ...call });

  async function offer(call: Plain, options: Plain): Promise<string> {
    const reply = await ng.ask({ command: 'offer', ...call, ...options });
    expect(reply['result']).toBe('ok');
    return reply['sdp'] as string;
  }

  async function answer(call: Plain, options: Plain): Promise<string> {
    const reply = await ng.ask({ command: 'answer', 'to-tag': 'b', ...call, ...options });
    expect(reply['result']).toBe('ok');
    return reply['sdp'] as string;
  }

  /** The UE comes over TCP, and RTP goes both ways. */
  async function flows(towardUe: string, towardCore: string): Promise<TcpEnd> {
    const line = mediaLine(towardUe);
    const ue = await TcpEnd.open({ address: access, port });
    await ue.checked(check({ ufrag: line.ufrag!, pwd: line.pwd! }, 'ueUF'));
    far.to = { address: core, port: mediaLine(towardCore).port };
    for (let i = 0; !far.heard.some((text) => text.includes('from the UE')); i++) {
      ue.send(rtp(1, i, 'from the UE'));
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    far.send(rtp(2, 1, 'from the core'));
    await ue.hears('from the core');
    far.received.length = 0;
    return ue;
  }

  test('K1: a UE that is called gets the TCP candidate, ICE-lite, and media over TCP', async () => {
    const call = newCall();
    const towardUe = await offer(call, { ...toUe, sdp: farSdp() });
    expect(towardUe).toContain(`TCP 8388863 ${access} ${port} typ host tcptype passive`);
    expect(towardUe).toContain('a=ice-lite');
    const towardCore = await answer(call, { ICE: 'remove', sdp: ueSdp });
    expect(towardCore).not.toMatch(/candidate|ice-/);
    const ue = await flows(towardUe, towardCore);

    const { tags } = (await ng.ask({ command: 'query', ...call })) as { tags: Record<string, { medias: Plain[] }> };
    const [stream] = tags['b']!.medias[0]!['streams'] as Plain[];
    const { localPort, localAddress } = ue.socket;
    expect(stream!['endpoint']).toEqual({ family: 'IPv4', address: localAddress, port: localPort, path: `tcp${port}` });
    expect(agw.calls).toBe(1);
    expect(JSON.stringify(await released(call))).toContain(`tcp${port}`);
    await ue.isClosed();
  });

  test('K1: a UE that calls gets the candidate in the answer', async () => {
    const call = newCall();
    const towardCore = await offer(call, { ...toCore, sdp: ueSdp });
    expect(towardCore).not.toMatch(/candidate|ice-/);
    const towardUe = await answer(call, { sdp: farSdp() });
    expect(towardUe).toContain(`${access} ${port} typ host tcptype passive`);
    const ue = await flows(towardUe, towardCore);
    // A later offer of the core names the same stream.
    const again = await ng.ask({
      command: 'offer',
      'call-id': call['call-id'],
      'from-tag': 'b',
      'to-tag': 'a',
      ...toUe,
      sdp: farSdp(),
    });
    expect(mediaLine(again['sdp'] as string).ufrag).toBe(mediaLine(towardUe).ufrag);
    expect(again['sdp']).toContain(`${access} ${port} typ host tcptype passive`);
    ue.close();
    await released(call);
  });

  test('C18: media that goes elsewhere comes back to the UE that uses its connection', async () => {
    const call = newCall();
    const towardUe = await offer(call, { ...toUe, sdp: farSdp() });
    // Without learning rtpengine does not find back by itself.
    const flags = ['strict-source', 'endpoint-learning-off'];
    const towardCore = await answer(call, { ICE: 'remove', flags, sdp: ueSdp });
    const ue = await flows(towardUe, towardCore);
    const { ufrag, pwd, port: anchored } = mediaLine(towardUe);
    // A check over UDP, of the UE's, or what a stranger has overheard of it: rtpengine follows it.
    const udp = await UdpEnd.open('127.0.0.1');
    udp.to = { address: access, port: anchored };
    await udp.checked(check({ ufrag: ufrag!, pwd: pwd! }, 'ueUF'));
    udp.send(rtp(1, 500, 'over UDP'));
    let sequence = 1000;
    const sending = setInterval(() => {
      ue.send(rtp(1, (sequence += 1), 'from the UE'));
      far.send(rtp(2, sequence, `packet ${sequence}`));
    }, 20);
    try {
      await udp.hears('packet');
      const movedAt = sequence;
      const since = () => ue.heard.filter((text) => Number(/packet (\d+)/.exec(text)?.[1] ?? 0) > movedAt + 5).length;
      await until('the media is on TCP, and stays there', 10_000, () => (since() > 20 ? true : undefined));
    } finally {
      clearInterval(sending);
      udp.close();
      ue.close();
      await released(call);
    }
  }, 40_000);

  test.each([
    ['a key of the command', { 'tcp-fallback': 'off' }],
    ['a word of flags', { flags: ['trust-address', 'tcp-fallback=off'] }],
    ['a word of one string', { 'rtpp-flags': 'trust-address tcp-fallback=off' }],
  ])('K4: tcp-fallback=off as %s', async (_shape, flag) => {
    const call = newCall();
    const towardUe = await offer(call, { ...toUe, ...flag, sdp: farSdp() });
    expect(towardUe).not.toContain('tcptype');
    await released(call);
    // It holds for the call: the answer need not say it again.
    const other = newCall();
    await offer(other, { ...toCore, ...flag, sdp: ueSdp });
    expect(await answer(other, { sdp: farSdp() })).not.toContain('tcptype');
    await released(other);
  });

  test('K5: ICE=remove, ICE=optional and loop-protect add nothing', async () => {
    const plain = [
      { ...toUe, ICE: 'remove', sdp: farSdp() },
      { direction: ['access', 'access'], ICE: 'optional', sdp: ueSdp },
    ];
    for (const options of plain) {
      const call = newCall();
      expect(await offer(call, options)).not.toContain('tcptype');
      await released(call);
    }
    const [first, second] = [newCall(), newCall()];
    const looping = { ...toUe, flags: ['loop-protect'] };
    const looped = await offer(first, { ...looping, sdp: farSdp() });
    expect(looped).toContain('tcptype');
    expect(await offer(second, { ...looping, sdp: looped })).toBe(looped);
    await released(first);
    // mr26 has a call without tags of it.
    await released({ 'call-id': second['call-id'] });
  });

  test('K5: an answer and a delete at the wrong node have the errors of rtpengine', async () => {
    const call = newCall();
    expect(await ng.ask({ command: 'answer', ...call, 'to-tag': 'b', sdp: ueSdp })).toEqual({
      result: 'error',
      'error-reason': 'Unknown call-id',
    });
    expect(await released(call)).toEqual({ result: 'ok', warning: "Call-ID not found or tags didn't match" });
  });

  test('K3: an offer that is repeated has the same reply, and a command in JSON one in JSON', async () => {
    const call = newCall();
    const command = { command: 'offer', ...call, ...toUe, sdp: farSdp() };
    const first = await ng.ask(command, '17_1');
    expect(await ng.ask(command, '17_1')).toEqual(first);
    const other = await ng.askJson({ ...command, 'call-id': `${call['call-id']} json` });
    expect(other['sdp']).toContain(`${access} ${port} typ host tcptype passive`);
    await released(call);
    await released({ ...call, 'call-id': `${call['call-id']} json` });
  });

  test('K3: two clients with equal cookies at the same time have each their own reply', async () => {
    const other = await NgPeer.open(ngAt, '127.0.0.5');
    const [one, two] = [newCall(), newCall()];
    const asked = [ng, other].map((peer, i) =>
      peer.ask({ command: 'offer', ...[one, two][i], ...toUe, sdp: farSdp(), flags: [`of-${i}`] }, '17_2'),
    );
    const [first, second] = await Promise.all(asked);
    expect(mediaLine(first!['sdp'] as string).ufrag).not.toBe(mediaLine(second!['sdp'] as string).ufrag);
    other.close();
    await released(one);
    await released(two);
  });

  test('K1: 100 calls at once, over HTTP, and nothing is left', async () => {
    const post = async (command: Plain) => {
      const headers = { 'content-type': 'application/json' };
      const reply = await fetch(`http://${httpAt}/ng-plain`, {
        method: 'POST',
        headers,
        body: JSON.stringify(command),
      });
      return (await reply.json()) as Plain;
    };
    const run = async () => {
      const call = newCall();
      const offered = await post({ command: 'offer', ...call, ...toUe, sdp: farSdp() });
      const answered = await post({ command: 'answer', ...call, 'to-tag': 'b', ICE: 'remove', sdp: ueSdp });
      const deleted = await post({ command: 'delete', ...call, 'delete delay': 0 });
      expect(offered['sdp']).toContain('tcptype passive');
      return [offered, answered, deleted].map(({ result }) => result);
    };
    const results = await Promise.all(Array.from({ length: 100 }, run));
    expect(results.flat().filter((result) => result !== 'ok')).toEqual([]);
  });

  test('K1: the same over WebSocket', async () => {
    const webSocket = new WebSocket(`ws://${httpAt}/`, ['ng.rtpengine.com']);
    await once(webSocket, 'open');
    const call = newCall();
    webSocket.send(`cookie ${JSON.stringify({ command: 'offer', ...call, ...toUe, sdp: farSdp() })}`);
    const [reply] = (await once(webSocket, 'message')) as [Buffer];
    expect(reply.toString()).toMatch(/^cookie \{"sdp":.*tcptype passive/);
    webSocket.terminate();
    await released(call);
  });

  test('K3: a command of 60 kB', async () => {
    const call = newCall();
    const long = sdp('127.0.0.4', `m=audio ${far.port} RTP/AVP 0`, `a=x:${'x'.repeat(40_000)}`);
    const towardUe = await offer(call, { ...toUe, 'x-padding': 'y'.repeat(19_000), sdp: long });
    expect(towardUe).toContain('tcptype');
    await released(call);
  });

  test.each(['beside audio', 'alone'])('K1: MSRP %s of a UE is bridged', async (what) => {
    const server = createServer().listen(0, '127.0.0.4');
    await once(server, 'listening');
    const { port: listening } = server.address() as AddressInfo;
    const audio = (at: number, ...ice: string[]) => (what === 'alone' ? [] : [`m=audio ${at} RTP/AVP 0`, ...ice]);
    const message = (path: string, setup: string) => [
      ...[`m=message ${path.split(/[:/]/)[4] ?? ''} TCP/MSRP *`, 'a=accept-types:text/plain', 'a=msrp-cema'],
      ...[`a=path:${path}`, `a=setup:${setup}`],
    ];
    const active = 'a=candidate:1 1 TCP 1518280447 127.0.0.1 9 typ host tcptype active';
    const ofUe = [
      ...audio(5000, ...ueCredentials, 'a=candidate:1 1 UDP 2130706431 127.0.0.1 5000 typ host', 'a=rtcp-mux'),
      ...message('msrp://127.0.0.1:9/ue;tcp', 'actpass'),
      ...ueCredentials,
      active,
    ];
    const call = newCall();
    const towardCore = await offer(call, { ...toCore, sdp: sdp('127.0.0.1', ...ofUe) });
    expect(towardCore).toMatch(/m=message 5\d{4} TCP\/MSRP/);
    expect(towardCore).not.toMatch(/candidate|ice-/);
    const ofCore = [...audio(far.port), ...message(`msrp://127.0.0.4:${listening}/far;tcp`, 'passive')];
    const connected = once(server, 'connection') as Promise<[Socket]>;
    const towardUe = await answer(call, { sdp: sdp('127.0.0.4', ...ofCore) });
    const line = mediaLine(towardUe, what === 'alone' ? 0 : 1);
    expect([line.kind, line.hasIce, line.port]).toEqual(['message', true, port]);
    const ue = await TcpEnd.open({ address: access, port });
    await ue.checked(check({ ufrag: line.ufrag!, pwd: line.pwd! }, 'ueUF'));
    const [socket] = await connected;
    ue.send(Buffer.from('MSRP of the UE'));
    const [bytes] = (await once(socket, 'data')) as [Buffer];
    expect(bytes.toString()).toBe('MSRP of the UE');
    socket.write('MSRP of the core');
    await ue.hears('MSRP of the core');
    ue.close();
    socket.destroy();
    server.close();
    await released(call);
    await until('the bridge is gone', 5000, () => (agw.status().media?.msrp.open === 0 ? true : undefined));
  });

  test('K1: media does not go where ng is spoken', async () => {
    const call = newCall();
    const reply = await ng.ask({
      command: 'offer',
      ...call,
      ...toUe,
      sdp: sdp('127.0.0.1', `m=audio ${ngAt.port} RTP/AVP 0`),
    });
    expect(reply['result']).toBe('error');
  });

  test('K1: a drained node takes no new call, in the words by which clients go elsewhere', async () => {
    const call = newCall();
    await offer(call, { ...toUe, sdp: farSdp() });
    const drained = agw.drain();
    const other = newCall();
    const refused = await ng.ask({ command: 'offer', ...other, ...toUe, sdp: farSdp() });
    expect(refused).toEqual({ result: 'error', 'error-reason': 'Parallel session limit reached' });
    const told = await ng.ask({ command: 'offer', ...other, ...toUe, supports: ['load limit'], sdp: farSdp() });
    expect(told['result']).toBe('load limit');
    await released(call);
    expect(await drained).toBe(true);
    expect(agw.resume()).toBe(true);
    await offer(other, { ...toUe, sdp: farSdp() });
    await released(other);
  });
});

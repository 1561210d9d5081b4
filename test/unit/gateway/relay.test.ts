import { roleAttribute } from '../../../lib/ice/stun-attribute';
import { buildStun } from '../../../lib/ice/stun-message';
import type { TransportAddress } from '../../../lib/ice/transport-address';
import { channelData, dataIndication } from '../../../lib/ice/turn-frames';
import type { GatewayLimits } from '../../../lib/gateway/limits';
import { defaultLimits } from '../../../lib/gateway/limits';
import { controlTexts, likeControlText } from './control-texts';
import { RelayBench, request } from './relay-bench';
import { rtp, sendIndication } from './turn-ue';

const channel = 0x4abc;

let bench: RelayBench;

async function open(limits: Partial<GatewayLimits> = {}): Promise<void> {
  bench = await RelayBench.open(limits);
}

beforeEach(() => open());

afterEach(() => bench.close());

/** Without the transaction id of an indication, which is random, and masks IPv6. */
const fixed = (frame: Buffer) => Buffer.concat([frame.subarray(0, 8), frame.subarray(20)]);

async function reopen(limits: Partial<GatewayLimits>): Promise<void> {
  await bench.close();
  await open(limits);
}

describe('a connection that carries TURN', () => {
  test.each(Array.from({ length: request(1).length - 1 }, (_, i) => i + 1))(
    'M1: is one wherever its first message is cut: after %i bytes',
    async (cut) => {
      const { ue } = await bench.dial();
      ue.send(request(1).subarray(0, cut));
      await bench.until(() => bench.openings.length === 1 || cut === 1);
      ue.send(request(1).subarray(cut), request(2));
      expect(await bench.messages.next()).toEqual(request(1));
      expect(await bench.messages.next()).toEqual(request(2));
    },
  );

  test('M1: control is told of a message, and of what follows only then; its answers have no frame', async () => {
    const { ue, connection } = await bench.dial();
    let told = 0;
    bench.onMessage = (from, message) => {
      expect(from).toBe(connection);
      expect(message).toEqual(request(++told));
      bench.plane.send(from, request(told + 100));
    };
    ue.send(...Array.from({ length: 40 }, (_, i) => request(i + 1)));
    for (let i = 1; i <= 40; i++) expect(await ue.frames.next()).toEqual(request(i + 100));
    expect(bench.plane.counters()).toMatchObject({ fromUe: { stun: 40 }, toUe: { stun: 40 } });
  });

  test('M1: of a connection that control closes at a message, it is told no more', async () => {
    const { ue } = await bench.dial();
    bench.onMessage = (connection) => bench.plane.closeConnection(connection, 'peer');
    ue.send(request(1), request(2), channelData(channel, rtp(1)));
    await ue.closed;
    expect(await bench.messages.next()).toEqual(request(1));
    expect(bench.messages.length).toBe(0);
    expect(bench.drops).toMatchObject({ 'not-permitted': 0 });
  });

  test('M1: what control permits by a message holds for what came with it', async () => {
    const [peer, { ue }] = [await bench.peer(), await bench.dialRelayed()];
    bench.onMessage = (from) => bench.permit(from, peer, { channel });
    ue.send(request(2), channelData(channel, rtp(1)), sendIndication(peer.at, rtp(2)));
    expect([await peer.next(), await peer.next()]).toEqual([rtp(1), rtp(2)]);
  });

  test.each<[string, string, Buffer]>([
    ['neither STUN nor ChannelData', 'broken-framing', rtp(1)],
    ['STUN of a length that cannot be', 'broken-framing', Buffer.from('000300012112a442', 'hex')],
    [
      'STUN without the cookie',
      'broken-framing',
      Buffer.concat([Buffer.from('00030000ffffffff', 'hex'), Buffer.alloc(12)]),
    ],
    ['ChannelData longer than any media', 'frame-too-long', Buffer.from([0x40, 0, 0xff, 0xfc])],
    ['STUN longer than any media', 'frame-too-long', Buffer.from('0003fffc2112a442', 'hex')],
  ])('M8: is closed at %s', async (_, reason, bytes) => {
    const { ue } = await bench.pair(channel);
    ue.send(channelData(channel, rtp(1)), bytes);
    await ue.closed;
    expect(await bench.closed.next()).toMatchObject({ reason });
    expect(bench.plane.counters().closes).toMatchObject({ [reason]: 1 });
  });

  test('M8: may send as long frames as media only once it has a relayed address', async () => {
    const long = channelData(channel, rtp(1, defaultLimits.firstFrameBytes + 4));
    const { ue, peer } = await bench.pair(channel);
    ue.send(long);
    expect(await peer.next()).toEqual(rtp(1, defaultLimits.firstFrameBytes + 4));
    const stranger = await bench.dial();
    stranger.ue.send(request(1), long);
    await stranger.ue.closed;
    expect(await bench.closed.next()).toMatchObject({ reason: 'frame-too-long' });
  });

  test('M8: that answers are not read from is closed', async () => {
    await reopen({ stunQueueBytes: 2000 });
    const { ue, connection } = await bench.dialRelayed();
    ue.socket.pause();
    await bench.until(() => {
      for (let i = 0; i < 50; i++) bench.plane.send(connection, Buffer.alloc(8000));
      return bench.plane.counters().closes['not-reading'] === 1;
    });
  });
});

describe('a relayed address', () => {
  test('M4: is on the address from which the peer is reached, and is what the peer sees', async () => {
    const { ue, address, peer } = await bench.pair(channel);
    expect(address).toEqual({ address: '127.0.0.1', port: expect.any(Number) as number });
    ue.send(channelData(channel, rtp(1)));
    const { from } = await peer.packets.next();
    expect({ address: from.address, port: from.port }).toEqual(address);
  });

  test('M4: one is not opened twice', async () => {
    const { ue, connection, address, peer } = await bench.pair(channel);
    bench.plane.openRelay(connection, '127.0.0.1', [address.port]);
    ue.send(channelData(channel, rtp(1)));
    expect((await peer.packets.next()).from.port).toBe(address.port);
    expect(bench.relayed.length).toBe(0);
  });

  test('M4: where there is no way to that address, control is told', async () => {
    const { ue, connection } = await bench.dial();
    ue.send(request(1));
    await bench.messages.next();
    bench.plane.openRelay(connection, '255.255.255.255', []);
    expect(await bench.relayed.next()).toBeUndefined();
    expect(bench.plane.counters().anchorErrors).toBe(1);
    bench.plane.openRelay(connection, '127.0.0.1', []);
    expect(await bench.relayed.next()).toMatchObject({ address: '127.0.0.1' });
  });

  test('M4: has none of the ports to avoid, and two UEs reach one peer from two', async () => {
    const peer = await bench.peer();
    const ports: number[] = [];
    for (let i = 0; i < 6; i++) {
      const { ue, connection, address } = await bench.dialRelayed('127.0.0.1', [...ports]);
      ports.push(address.port);
      bench.permit(connection, peer, { channel });
      ue.send(channelData(channel, rtp(i)));
      const { packet, from } = await peer.packets.next();
      expect([packet, from.port]).toEqual([rtp(i), address.port]);
      peer.socket.send(rtp(i + 50), from.port, from.address);
      expect(await ue.frames.next()).toEqual(channelData(channel, rtp(i + 50)).subarray(0, 176));
    }
    expect(new Set(ports).size).toBe(6);
  });

  test('M2: given back, nothing passes any more, either way; another one can be opened', async () => {
    const { ue, connection, address, peer } = await bench.pair(channel);
    bench.plane.closeRelay(connection);
    ue.send(channelData(channel, rtp(1)), sendIndication(peer.at, rtp(2)), request(3));
    peer.socket.send(rtp(4), address.port, address.address);
    expect(await bench.messages.next()).toEqual(sendIndication(peer.at, rtp(2)));
    expect(await bench.messages.next()).toEqual(request(3));
    bench.permit(connection, peer, { channel });
    bench.plane.openRelay(connection, '127.0.0.1', []);
    await bench.relayed.next();
    ue.send(channelData(channel, rtp(5)));
    bench.plane.relay(connection, peer.at, rtp(6));
    await bench.until(() => bench.drops['not-permitted'] === 3);
    bench.permit(connection, peer);
    bench.plane.relay(connection, peer.at, rtp(7));
    expect(await peer.next()).toEqual(rtp(7));
    expect(ue.frames.length).toBe(0);
  });

  test('M8: with the connection all is gone, in the middle of data too', async () => {
    const { ue, address, peer } = await bench.pair(channel);
    ue.send(channelData(channel, rtp(1)), channelData(channel, rtp(2)).subarray(0, 100));
    expect(await peer.next()).toEqual(rtp(1));
    ue.socket.resetAndDestroy();
    expect(await bench.closed.next()).toMatchObject({ dropped: 0 });
    peer.socket.send(rtp(3), address.port, address.address);
    const { ue: other, peer: otherPeer } = await bench.pair(channel);
    other.send(channelData(channel, rtp(4)));
    expect(await otherPeer.next()).toEqual(rtp(4));
    expect(bench.plane.counters()).toMatchObject({ fromAnchor: { rtp: 0 } });
  });
});

describe('what the UE sends', () => {
  test.each(Array.from({ length: 8 }, (_, i) => i))('M1: by a channel arrives, padded: %i bytes more', async (more) => {
    const { ue, peer } = await bench.pair(channel);
    const sent = [rtp(1, 172 + more), rtp(2, 12 + more), rtp(3, 1201)];
    ue.send(...sent.map((packet) => channelData(channel, packet)));
    for (const packet of sent) expect(await peer.next()).toEqual(packet);
  });

  test.each([0, 1, 2, 3])('M1: by a channel does not wait for its padding: %i bytes of the last word', async (last) => {
    const { ue, peer } = await bench.pair(channel);
    const length = 40 + last;
    ue.send(channelData(channel, rtp(1, length)).subarray(0, 4 + length));
    expect(await peer.next()).toEqual(rtp(1, length));
    ue.send(Buffer.alloc(-length & 3), channelData(channel, rtp(2)));
    expect(await peer.next()).toEqual(rtp(2));
  });

  test('M1: is cut anywhere, and byte by byte', async () => {
    const { ue, peer } = await bench.pair(channel);
    const stream = Buffer.concat([
      channelData(channel, rtp(1, 33)),
      sendIndication(peer.at, rtp(2, 35)),
      channelData(channel, rtp(3, 30)),
    ]);
    for (let cut = 1; cut < stream.length; cut++) {
      ue.send(stream.subarray(0, cut));
      await new Promise(setImmediate);
      ue.send(stream.subarray(cut));
      for (const [marker, length] of [
        [1, 33],
        [2, 35],
        [3, 30],
      ] as const)
        expect(await peer.next()).toEqual(rtp(marker, length));
    }
    for (const byte of stream) {
      ue.send(Buffer.from([byte]));
      await new Promise(setImmediate);
    }
    for (const [marker, length] of [
      [1, 33],
      [2, 35],
      [3, 30],
    ] as const)
      expect(await peer.next()).toEqual(rtp(marker, length));
  });

  test('M2: by a channel that is not bound is dropped', async () => {
    const { ue, peer } = await bench.pair(channel);
    ue.send(channelData(0x4001, rtp(1)), channelData(0x7fff, rtp(2)), channelData(channel, rtp(3)));
    expect(await peer.next()).toEqual(rtp(3));
    expect(bench.drops).toMatchObject({ 'not-permitted': 2 });
  });

  test('M1: by Send goes to a permitted peer without control; to another, control is told', async () => {
    const [other, { ue, connection, peer }] = [await bench.peer(), await bench.pair()];
    ue.send(sendIndication(peer.at, rtp(1)));
    expect(await peer.next()).toEqual(rtp(1));
    expect(bench.messages.length).toBe(0);
    const toOther = sendIndication(other.at, rtp(2));
    ue.send(toOther);
    expect(await bench.messages.next()).toEqual(toOther);
    bench.permit(connection, other);
    bench.plane.relay(connection, other.at, rtp(2));
    expect(await other.next()).toEqual(rtp(2));
    bench.plane.relay(connection, { address: '127.0.0.1', port: 9 }, rtp(3));
    await bench.until(() => bench.drops['not-permitted'] === 1);
  });

  test.each<[string, (peer: TransportAddress, check: Buffer) => Buffer]>([
    ['Send', (peer, check) => sendIndication(peer, check)],
    ['a channel', (_, check) => channelData(channel, check)],
  ])('C9: by %s, a check of who takes itself for controlled is for control', async (_, frame) => {
    const { ue, peer } = await bench.pair(channel);
    const check = (role: 'controlling' | 'controlled') =>
      buildStun({
        class: 'request',
        transactionId: Buffer.alloc(12, 1),
        attributes: [roleAttribute(role, 1n)],
        key: 'k',
      });
    ue.send(frame(peer.at, check('controlled')), frame(peer.at, check('controlling')));
    expect(await bench.messages.next()).toEqual(frame(peer.at, check('controlled')));
    expect(await peer.next()).toEqual(check('controlling'));
  });

  test('M1: by Send with more to be understood is for control', async () => {
    const { ue, peer } = await bench.pair();
    const dontFragment = sendIndication(peer.at, rtp(1), { type: 0x001a, value: Buffer.alloc(0) });
    const software = sendIndication(peer.at, rtp(2), { type: 0x8022, value: Buffer.from('baresip') });
    ue.send(dontFragment, software);
    expect(await bench.messages.next()).toEqual(dontFragment);
    expect(await peer.next()).toEqual(rtp(2));
  });

  test.each<[string, Buffer]>([
    ['without data', sendIndication({ address: '127.0.0.1', port: 9 }, rtp(1)).subarray(0, 32).fill(12, 3, 4)],
    ['with an attribute that lies', sendIndication({ address: '127.0.0.1', port: 9 }, rtp(1)).fill(0xff, 34, 36)],
    ['with an address that is none', sendIndication({ address: '127.0.0.1', port: 9 }, rtp(1)).fill(3, 25, 26)],
    ['that ends with an address of no bytes', Buffer.from(`001600042112a442${'00'.repeat(12)}00120000`, 'hex')],
  ])('M1: a Send %s is for control', async (_, message) => {
    const { ue } = await bench.pair();
    ue.send(message);
    expect(await bench.messages.next()).toEqual(message);
    // In memory of its own size, in which a sanitizer sees what is read beyond it.
    ue.send(request(2), message.subarray(0, 20));
    await bench.messages.next();
    ue.send(message.subarray(20));
    expect(await bench.messages.next()).toEqual(message);
  });

  test.each<[string, Buffer, Partial<ReturnType<typeof counts>>]>([
    ['RTP', rtp(1), { rtp: 1 }],
    ['RTCP', Buffer.from('80c80006000000000000000000000000000000000000000000000000', 'hex'), { rtcp: 1 }],
    ['DTLS', Buffer.from([22, 0xfe, 0xfd, 0, 0]), { dtls: 1 }],
    ['a check of ICE', request(9), { stun: 1 }],
    ...likeControlText().map(([name, text]): [string, Buffer, object] => [`media with ${name}`, text, { rtp: 1 }]),
  ])('M8: %s is carried both ways, and counted', async (_, packet, expected) => {
    const { ue, connection, address, peer } = await bench.pair(channel);
    const before = counts('fromUe').stun;
    ue.send(channelData(channel, packet));
    expect(await peer.next()).toEqual(packet);
    peer.socket.send(packet, address.port, address.address);
    const back = await ue.frames.next();
    expect(back.subarray(4)).toEqual(packet);
    expect(counts('fromUe')).toMatchObject({ ...expected, ...(expected.stun && { stun: before + 1 }) });
    for (const direction of ['toUe', 'toAnchor', 'fromAnchor'] as const)
      expect(counts(direction)).toMatchObject({ ...expected, bytes: packet.length });
    const media = expected.stun === 1 ? 0 : 1;
    expect(bench.plane.status(connection)).toMatchObject({ toAnchor: media, fromAnchor: media, dropped: 0 });
  });

  test.each<[string, string, Buffer]>([
    ['nothing', 'first-byte', Buffer.alloc(0)],
    ['text', 'first-byte', Buffer.from('INVITE sip:a@b SIP/2.0')],
    ['RTP that is cut', 'first-byte', rtp(1, 11)],
    ...controlTexts().map(([name, text]): [string, string, Buffer] => [name, 'control-text', text]),
    ['an ng command as STUN', 'control-text', Buffer.from('\x01 d7:command4:ping', 'latin1')],
  ])('M2, N1: %s is not carried', async (_, reason, packet) => {
    const { ue, connection, peer } = await bench.pair(channel);
    ue.send(channelData(channel, packet), sendIndication(peer.at, packet), channelData(channel, rtp(5)));
    expect(await peer.next()).toEqual(rtp(5));
    expect(bench.drops).toMatchObject({ [reason]: 2 });
    expect(bench.plane.status(connection)).toMatchObject({ dropped: 2, toAnchor: 1 });
  });
});

const counts = (direction: 'fromUe' | 'toUe' | 'toAnchor' | 'fromAnchor') => bench.plane.counters()[direction];

describe('what a peer sends', () => {
  test.each(['127.0.0.1', '::1'])('M1: comes by its channel, and without one by Data indications: %s', async (host) => {
    const { ue, connection, address, peer } = await bench.pair(undefined, host);
    for (const length of [172, 173, 174, 175]) {
      peer.socket.send(rtp(1, length), address.port, address.address);
      const frame = await ue.frames.next();
      expect(frame.length).toBe(dataIndication(peer.at, rtp(1, length)).length);
      if (host === '127.0.0.1') expect(fixed(frame)).toEqual(fixed(dataIndication(peer.at, rtp(1, length))));
    }
    bench.permit(connection, peer, { channel });
    bench.plane.sendToAnchor(connection, rtp(0));
    ue.send(channelData(channel, rtp(2)));
    await peer.next();
    peer.socket.send(rtp(3), address.port, address.address);
    expect(await ue.frames.next()).toEqual(channelData(channel, rtp(3)));
    // Without a channel again.
    bench.permit(connection, peer);
    ue.send(sendIndication(peer.at, rtp(4)), channelData(channel, rtp(5)));
    await peer.next();
    peer.socket.send(rtp(6), address.port, address.address);
    expect((await ue.frames.next()).readUInt16BE(0)).toBe(0x0017);
    expect(bench.drops).toMatchObject({ 'not-permitted': 1 });
  });

  test('M4: has the name that the UE gave it, where rtpengine is bound elsewhere', async () => {
    const named = { address: '203.0.113.7', port: 31000 };
    const [peer, { ue, connection, address }] = [await bench.peer(), await bench.dialRelayed()];
    bench.permit(connection, peer, { named });
    ue.send(sendIndication(named, rtp(1)));
    expect(await peer.next()).toEqual(rtp(1));
    peer.socket.send(rtp(2), address.port, address.address);
    expect(fixed(await ue.frames.next())).toEqual(fixed(dataIndication(named, rtp(2))));
    // Under the name alone.
    const direct = sendIndication(peer.at, rtp(3));
    ue.send(direct);
    expect(await bench.messages.next()).toEqual(direct);
    bench.plane.forbid(connection, named);
    ue.send(sendIndication(named, rtp(4)));
    expect(await bench.messages.next()).toEqual(sendIndication(named, rtp(4)));
  });

  test('M2: nobody else is heard at that address, nor what is no media', async () => {
    const { ue, connection, address, peer } = await bench.pair(channel);
    const stranger = await bench.peer();
    stranger.socket.send(rtp(1), address.port, address.address);
    await bench.until(() => bench.drops['anchor-source'] === 1);
    peer.socket.send(Buffer.from('text'), address.port, address.address);
    // Longer than fits into an indication.
    peer.socket.send(rtp(1, 65_501), address.port, address.address);
    peer.socket.send(rtp(2), address.port, address.address);
    expect(await ue.frames.next()).toEqual(channelData(channel, rtp(2)));
    expect(bench.drops).toMatchObject({ 'first-byte': 2 });
    bench.permit(connection, peer);
    for (const length of [65_501, 65_500]) peer.socket.send(rtp(3, length), address.port, address.address);
    expect(fixed(await ue.frames.next())).toEqual(fixed(dataIndication(peer.at, rtp(3, 65_500))));
    expect(bench.plane.status(connection)).toMatchObject({ fromAnchor: 2 });
  });

  test('M2: forbidden, nothing passes any more, either way; others go on', async () => {
    const { ue, connection, address, peer } = await bench.pair(channel);
    const other = await bench.peer();
    bench.permit(connection, other, { channel: channel + 1 });
    bench.plane.forbid(connection, peer.at);
    ue.send(channelData(channel, rtp(1)), sendIndication(peer.at, rtp(2)), channelData(channel + 1, rtp(3)));
    expect(await bench.messages.next()).toEqual(sendIndication(peer.at, rtp(2)));
    expect(await other.next()).toEqual(rtp(3));
    peer.socket.send(rtp(4), address.port, address.address);
    other.socket.send(rtp(5), address.port, address.address);
    expect(await ue.frames.next()).toEqual(channelData(channel + 1, rtp(5)));
    expect(bench.drops).toMatchObject({ 'not-permitted': 1 });
    expect(counts('toAnchor').rtp).toBe(1);
  });
});

describe('a UE that reads slowly', () => {
  test.each<[string, 'queue-age' | 'queue-bytes', Partial<GatewayLimits>]>([
    ['age', 'queue-age', { queueBytes: 1e9, videoQueueMs: 20 }],
    ['bytes', 'queue-bytes', {}],
  ])('M8: what waits is bounded by %s; answers pass it', async (_, reason, limits) => {
    await reopen(limits);
    const { ue, connection, address, peer } = await bench.pair(channel);
    ue.socket.pause();
    await bench.until(() => {
      for (let i = 0; i < 50; i++) peer.socket.send(rtp(i, 8000), address.port, address.address);
      bench.time += 10;
      return bench.drops[reason]! > 0;
    });
    bench.plane.send(connection, request(77));
    const written = counts('toUe').rtp;
    ue.socket.resume();
    let before = 0;
    for (let frame = await ue.frames.next(); frame[0] !== 0; frame = await ue.frames.next()) {
      expect(new Set(frame.subarray(6, 8004)).size).toBe(1);
      before += 1;
    }
    expect(before).toBeLessThanOrEqual(written + 2);
    expect(bench.plane.status(connection)!.dropped).toBeGreaterThan(0);
  });

  test('M8: what waits when it leaves is counted, as Data indications too', async () => {
    const { ue, address, peer } = await bench.pair();
    ue.socket.pause();
    await bench.until(() => {
      for (let i = 0; i < 50; i++) peer.socket.send(rtp(i, 8001), address.port, address.address);
      return bench.drops['queue-bytes']! > 0;
    });
    ue.socket.resetAndDestroy();
    await bench.closed.next();
    await bench.until(() => {
      const { fromAnchor, toUe, drops } = bench.plane.counters();
      return fromAnchor.rtp === toUe.rtp + drops['queue-bytes'] + drops['connection-ended'];
    });
    const { toUe } = bench.plane.counters();
    expect(toUe.bytes).toBe(8001 * toUe.rtp);
  });
});

test('methods of TURN leave other connections alone, and the others these', async () => {
  const { ue, connection, peer } = await bench.pair(channel);
  const closed = await bench.dial();
  bench.plane.closeConnection(closed.connection, 'stream-ended');
  for (const id of [closed.connection, 4711]) {
    bench.plane.openRelay(id, '127.0.0.1', []);
    bench.permit(id, peer, { channel });
    bench.plane.forbid(id, peer.at);
    bench.plane.relay(id, peer.at, rtp(1));
    bench.plane.closeRelay(id);
  }
  bench.plane.admit(connection, 'rtp');
  bench.plane.openAnchor(connection, peer.at);
  bench.plane.select(connection, 0);
  ue.send(channelData(channel, rtp(2)));
  expect(await peer.next()).toEqual(rtp(2));
  expect(bench.relayed.length).toBe(0);
});

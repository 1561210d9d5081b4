import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { framed } from '../../../lib/ice/deframer';
import type { MsrpStream } from '../../../lib/gateway/stream';
import { streamFrames } from '../../../lib/ice/stream-frames';
import { GatewayBench, pwd } from './gateway-bench';
import type { TestUe } from './test-ue';

const ufrag = 'Msrp1234';
const user = `${ufrag}:ueue`;

let bench: GatewayBench;
let opened: Duplex[];

const msrp = (changes: Partial<MsrpStream> = {}): MsrpStream => ({
  ufrag,
  pwd,
  call: 'call-1',
  line: 1,
  content: 'msrp',
  opened: (bytes) => {
    bytes.on('error', () => undefined);
    opened.push(bytes);
  },
  ...changes,
});

/** A UE whose connection was nominated. */
async function dialNominated(): Promise<TestUe> {
  const ue = await bench.dial();
  expect((await ue.ask(user, pwd, true)).class).toBe('success');
  return ue;
}

/** Reads until so many bytes have come. */
async function read(stream: Duplex, length: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for (let got = 0; got < length; got += chunks.at(-1)?.length ?? 0) {
    chunks.push((stream.read() as Buffer | null) ?? Buffer.alloc(0));
    if (chunks.at(-1)?.length === 0) await once(stream, 'readable');
  }
  return Buffer.concat(chunks);
}

async function framesOf(ue: TestUe, length: number): Promise<Buffer> {
  const frames: Buffer[] = [];
  for (let got = 0; got < length; got += frames.at(-1)!.length) frames.push(await ue.frames.next());
  return Buffer.concat(frames);
}

beforeEach(async () => {
  opened = [];
  bench = await GatewayBench.open();
  bench.gateway.addStream(msrp());
});

afterEach(async () => {
  await bench.close();
});

test('C10: USE-CANDIDATE selects at once, without rtpengine; a check alone does not', async () => {
  const ue = await bench.dial();
  await ue.ask(user, pwd);
  expect(opened).toHaveLength(0);
  await ue.ask(user, pwd, true);
  await ue.ask(user, pwd, true);
  expect(opened).toHaveLength(1);
  expect(bench.told).toEqual([['selected', ue.port]]);
  expect(bench.gateway.streamStatus(ufrag)?.remote?.port).toBe(ue.port);
  expect(bench.gateway.counters().nominations.started).toBe(0);
});

test('H2: frames are one stream of bytes, whatever they begin with; answers to checks travel between', async () => {
  const ue = await dialNominated();
  const parts = [Buffer.from([0]), Buffer.from('MSRP a'), randomBytes(8000), Buffer.from([0x80, 1, 2])];
  ue.send(...parts.slice(0, 2), ue.check(user, pwd), ...parts.slice(2));
  expect(await read(opened[0]!, Buffer.concat(parts).length)).toEqual(Buffer.concat(parts));
  expect((await ue.nextMessage()).class).toBe('success');

  opened[0]!.write(Buffer.from('to the UE'));
  expect((await ue.frames.next()).toString()).toBe('to the UE');
});

test('H2: frames as long as a header can say are taken', async () => {
  const ue = await dialNominated();
  const sent = randomBytes(0xffff);
  ue.send(sent);
  expect((await read(opened[0]!, sent.length)).equals(sent)).toBe(true);
});

test('H3 H4: a genuine check within what is sent arrives, both ways, wherever the stream is cut, and is not answered', async () => {
  const ue = await dialNominated();
  const stun = ue.check(user, pwd, true);
  for (let cut = 0; cut <= stun.length; cut++) {
    ue.socket.write(Buffer.concat([streamFrames(stun.subarray(0, cut)), streamFrames(stun.subarray(cut))]));
    expect(await read(opened[0]!, stun.length)).toEqual(stun);
    opened[0]!.write(stun.subarray(0, cut));
    opened[0]!.write(stun.subarray(cut));
    expect(await framesOf(ue, stun.length)).toEqual(stun);
  }
  expect(bench.gateway.counters().checks).toMatchObject({ accepted: 1, rejected: 0 });
});

test('H4: what looks like STUN but for its FINGERPRINT is not eaten', async () => {
  const ue = await dialNominated();
  const check = ue.check(user, pwd);
  const spoiled = check.fill(0, check.length - 4);
  ue.send(spoiled);
  expect(await read(opened[0]!, spoiled.length)).toEqual(spoiled);
});

test('C12: the newest nominated connection wins until bytes have passed', async () => {
  const first = await dialNominated();
  const second = await dialNominated();
  expect(opened).toHaveLength(1);
  opened[0]!.write('hello');
  expect((await second.frames.next()).toString()).toBe('hello');
  const third = await dialNominated();
  opened[0]!.write('again');
  expect((await second.frames.next()).toString()).toBe('again');
  third.send(Buffer.from('bytes that nobody expects'));
  await third.closed;
  expect(first.frames.length).toBe(0);
});

test('C11: bytes on a valid pair select it: they may come before the nomination', async () => {
  const ue = await bench.dial();
  await ue.ask(user, pwd);
  ue.send(Buffer.from('early'));
  await bench.until(() => opened.length === 1);
  expect((await read(opened[0]!, 5)).toString()).toBe('early');
});

test('C11: bytes of a stranger close its connection', async () => {
  const ue = await bench.dial();
  ue.send(Buffer.from('MSRP abcd SEND\r\n'));
  await ue.closed;
  expect(opened).toHaveLength(0);
});

test('E3: a connection lost before bytes passed is replaced, and what waits to be written goes to the new one', async () => {
  const first = await dialNominated();
  first.close();
  await bench.until(() => bench.told.length === 2);
  opened[0]!.write('kept');
  const second = await dialNominated();
  expect((await second.frames.next()).toString()).toBe('kept');
  expect(opened).toHaveLength(1);
});

test('E4: lost before bytes passed, and not back in time: the stream ends', async () => {
  const ue = await dialNominated();
  const ended = once(opened[0]!.resume(), 'end');
  ue.close();
  await bench.until(() => bench.told.length === 2);
  bench.time += 29_999;
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(opened[0]!.readableEnded).toBe(false);
  bench.time += 1;
  await ended;
  expect(bench.told.map(([event]) => event)).toEqual(['selected', 'connection-lost']);
});

test('H10: the UE closes: what it sent can be read, then the stream ends; another begins with a new offer', async () => {
  const ue = await dialNominated();
  const sent = randomBytes(300_000);
  ue.socket.end(streamFrames(sent));
  expect((await read(opened[0]!, sent.length)).equals(sent)).toBe(true);
  const ended = once(opened[0]!, 'end');
  opened[0]!.resume();
  await ended;
  const late = await bench.dial();
  late.send(late.check(user, pwd, true));
  await late.closed;
  bench.gateway.addStream(msrp());
  await dialNominated();
  expect(opened).toHaveLength(2);
});

test('H10: we close: the UE gets all that was written first', async () => {
  const ue = await dialNominated();
  const sent = randomBytes(3_000_000);
  opened[0]!.end(sent);
  expect((await framesOf(ue, sent.length)).equals(sent)).toBe(true);
  await ue.closed;
});

test('E7: a UE that does not read stops the writer, and one that is not read from is stopped; no byte is lost', async () => {
  const ue = await dialNominated();
  const stream = opened[0]!;
  const toUe = randomBytes(20_000_000);
  ue.socket.pause();
  let written = 0;
  for (const size = 64_000; written < toUe.length; written += size) {
    if (!stream.write(toUe.subarray(written, written + size))) break;
  }
  expect(written).toBeLessThan(toUe.length / 2);
  stream.write(toUe.subarray(written + 64_000));
  ue.socket.resume();
  expect((await framesOf(ue, toUe.length)).equals(toUe)).toBe(true);

  const fromUe = randomBytes(20_000_000);
  ue.socket.write(streamFrames(fromUe));
  await bench.until(() => ue.socket.writableLength > 0 && stream.readableLength >= 64 * 1024);
  expect(stream.readableLength).toBeLessThan(1_000_000);
  const hash = createHash('sha256');
  for (let got = 0; got < fromUe.length;) {
    const chunk = (stream.read() as Buffer | null) ?? Buffer.alloc(0);
    if (chunk.length === 0) await once(stream, 'readable');
    got += chunk.length;
    hash.update(chunk);
  }
  expect(hash.digest('hex')).toBe(createHash('sha256').update(fromUe).digest('hex'));
}, 60_000);

test('E1: what was not selected is closed', async () => {
  await bench.close();
  bench = await GatewayBench.open({ unselectedMs: 0 });
  bench.gateway.addStream(msrp());
  const other = await bench.dial();
  await other.ask(user, pwd);
  await dialNominated();
  await other.closed;
  expect(bench.gateway.counters().closes['other-selected']).toBe(1);
});

test('a stream that is removed takes its connections with it, and what was written late is nobody’s', async () => {
  const ue = await dialNominated();
  bench.gateway.removeStream(ufrag);
  await ue.closed;
  opened[0]!.write('late');
  opened[0]!.destroy();
});

test('a frame of RTP content still has the limit of what rtpengine takes', async () => {
  const ue = await bench.dialSelected();
  ue.socket.write(framed(Buffer.alloc(9000, 0x80)).subarray(0, 2));
  await ue.closed;
  expect(bench.gateway.counters().closes['frame-too-long']).toBe(1);
});

import { TurnFramer } from '../../../lib/ice/turn-framer';
import { channelData, dataIndication, packetIn, readSend } from '../../../lib/ice/turn-frames';
import { buildStun } from '../../../lib/ice/stun-message';

const message = buildStun({ class: 'request', method: 3, transactionId: Buffer.alloc(12, 5) });
const packet = (length: number) => Buffer.alloc(length, length);

function framing(limit: number, goOn = true) {
  const frames: Buffer[] = [];
  const faults: (string | number)[] = [];
  const framer = new TurnFramer(limit, {
    frame: (frame) => frames.push(Buffer.from(frame)) > 0 && goOn,
    frameTooLong: (length) => void faults.push(length),
    brokenFraming: () => void faults.push('broken'),
  });
  return { framer, frames, faults };
}

test('M1: frames are the same however they are cut, with padding and without what is not there yet', () => {
  const sent = [message, ...[0, 1, 2, 3, 4, 5].map((length) => channelData(0x4000 + length, packet(length))), message];
  const expected = sent.map((frame, i) => (i > 0 && i < 7 ? frame.subarray(0, 4 + i - 1) : frame));
  const stream = Buffer.concat(sent);
  for (let size = 1; size <= stream.length; size++) {
    const { framer, frames, faults } = framing(100);
    for (let at = 0; at < stream.length; at += size) framer.push(stream.subarray(at, at + size));
    expect(frames).toEqual(expected);
    expect(faults).toEqual([]);
  }
});

test.each<[string, string, string | number, number]>([
  ['ChannelData longer than may be', '40000065', 101, 0],
  ['STUN longer than may be', '00030068', 104, 0],
  ['STUN of an odd length', '00030002', 'broken', 0],
  ['two highest bits that nothing has', '80000000', 'broken', 0],
  ['another cookie', '000300002112a443000000000000000000000000', 'broken', 0],
  ['that, behind a frame', '40000000ffff0000', 'broken', 1],
])('M8: it stops for good at %s', (_, hex, fault, before) => {
  const bytes = Buffer.from(hex, 'hex');
  for (const size of [1, 3, bytes.length]) {
    const { framer, frames, faults } = framing(100);
    for (let at = 0; at < bytes.length; at += size) framer.push(bytes.subarray(at, at + size));
    framer.push(message);
    expect(faults).toEqual([fault]);
    expect(frames.length).toBe(before);
  }
});

test('it stops for good when its sink does', () => {
  const { framer, frames } = framing(100, false);
  framer.push(Buffer.concat([message, message]));
  framer.push(message);
  expect(frames).toEqual([message]);
});

test.each(['192.0.2.7', '2001:db8::7'])('M1: the packet is found again in each frame to the UE: %s', (address) => {
  for (let length = 0; length < 9; length++) {
    const frame = dataIndication({ address, port: 40000 }, packet(length));
    expect(frame.length % 4).toBe(0);
    expect(packetIn(frame)).toEqual(packet(length));
    expect(packetIn(channelData(0x4fff, packet(length)))).toEqual(packet(length));
    // As a Send indication it says the same.
    frame.writeUInt16BE(0x0016, 0);
    expect(readSend(frame)).toEqual({ to: { address, port: 40000 }, data: packet(length) });
  }
});

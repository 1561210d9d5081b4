import type { ForwardingPlane } from '../../../lib/gateway/forwarding-plane';
import { FramedStream } from '../../../lib/gateway/framed-stream';

/** What is asked of the plane, and nothing done. */
function plane() {
  const asked: string[] = [];
  const ask = (name: string) => () => void asked.push(name);
  const methods = { pause: ask('pause'), resume: ask('resume'), closeConnection: ask('close') };
  return { asked, plane: methods as unknown as ForwardingPlane };
}

const nextGo = () => new Promise(setImmediate);

test('E7: frames that come in one go are kept and read as one, so that a byte in each costs no more than its bytes', async () => {
  const stream = new FramedStream(1, plane().plane);
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  for (let i = 0; i < 20_000; i++) stream.received(Buffer.of(i & 0xff));
  await nextGo();
  stream.received(Buffer.from('later'));
  await nextGo();
  expect(chunks.map(({ length }) => length)).toEqual([20_000, 5]);
  expect([...chunks[0]!.subarray(0, 3), ...chunks[0]!.subarray(-1)]).toEqual([0, 1, 2, 19_999 & 0xff]);
  stream.destroy();
});

test('H10: frames of the same go as the end are read before it', async () => {
  const stream = new FramedStream(1, plane().plane);
  stream.received(Buffer.from('last '));
  stream.received(Buffer.from('words'));
  stream.gone();
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  expect(Buffer.concat(chunks).toString()).toBe('last words');
});

test('E7: what nobody reads stops the UE once, and reading lets it go on', async () => {
  const { asked, plane: asking } = plane();
  const stream = new FramedStream(1, asking);
  for (let i = 0; i < 4; i++) {
    stream.received(Buffer.alloc(40_000));
    await nextGo();
  }
  expect(asked).toEqual(['pause']);
  for (let got = 0; got < 160_000; got += (stream.read() as Buffer | null)?.length ?? 0) await nextGo();
  expect(asked).toEqual(['pause', 'resume']);
  stream.destroy();
});

import type { Carriage, CarriageReader } from '../../../lib/wire/carriage';
import { SipStream, type SipStreamEvents } from '../../../lib/wire/sip-stream';
import type { StreamUnit } from '../../../lib/wire/stream-framer';

/** Each chunk is a message of its own, as with WebSocket; `...` at its end: the rest is still to come. */
class FakeCarriage implements Carriage {
  reader!: CarriageReader;
  isInside = false;
  isBroken = false;
  unsent = 0;
  readonly written: string[] = [];
  isDestroyed = false;
  finish: (() => void) | undefined;

  open(reader: CarriageReader): void {
    this.reader = reader;
  }

  units(chunk: Buffer): StreamUnit[] {
    const text = chunk.toString('latin1');
    this.isInside = text.endsWith('...');
    this.isBroken = text === 'broken';
    if (this.isInside || this.isBroken) return [];
    return [text === 'ping' ? { kind: 'ping' } : { kind: 'message', text }];
  }

  write(text: string): void {
    this.written.push(text);
  }

  end(done: () => void): void {
    this.finish = done;
  }

  destroy(): void {
    this.isDestroyed = true;
  }
}

const limits = { connect: 100, firstMessage: 1000, message: 500, unsent: 10 };

function opened(kind: 'accepted' | 'dialled', more: Partial<SipStreamEvents> = {}) {
  const carriage = new FakeCarriage();
  const messages: string[] = [];
  const closed: [boolean, unknown][] = [];
  const stream = new SipStream(carriage, kind, limits, {
    message: (text) => messages.push(text),
    closed: (whileConnecting, fault) => closed.push([whileConnecting, fault]),
    ...more,
  });
  const arrive = (text: string) => carriage.reader.arrived(Buffer.from(text, 'latin1'));
  return { carriage, stream, messages, closed, arrive };
}

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

test('who is accepted and brings no message is closed in time', () => {
  const { carriage, closed, arrive } = opened('accepted');
  jest.advanceTimersByTime(900);
  arrive('begun...');
  jest.advanceTimersByTime(99);
  expect(closed).toEqual([]);
  jest.advanceTimersByTime(1);
  expect(closed).toEqual([[false, undefined]]);
  expect(carriage.isDestroyed).toBe(true);
});

test('who has brought one may be silent, but not leave a message unfinished', () => {
  const { messages, closed, arrive } = opened('accepted');
  arrive('REGISTER');
  jest.advanceTimersByTime(100_000);
  expect(messages).toEqual(['REGISTER']);
  arrive('begun...');
  jest.advanceTimersByTime(400);
  arrive('more of it...');
  jest.advanceTimersByTime(100);
  expect(closed).toHaveLength(1);
});

test('a connection of ours has to stand in time; what was sent before has reached nobody', () => {
  const { closed } = opened('dialled');
  jest.advanceTimersByTime(100);
  expect(closed).toEqual([[true, undefined]]);
});

test('one that stands is told, and waits for nothing', () => {
  const connected = jest.fn();
  const { carriage, closed } = opened('dialled', { connected });
  carriage.reader.connected();
  expect(connected).toHaveBeenCalledTimes(1);
  jest.advanceTimersByTime(100_000);
  expect(closed).toEqual([]);
  carriage.reader.ended();
  expect(closed).toEqual([[false, undefined]]);
});

test('RFC 5626 §4.4.1: a keep-alive is answered', () => {
  const { carriage, arrive } = opened('accepted');
  arrive('ping');
  expect(carriage.written).toEqual(['\r\n']);
});

test('a peer that does not read is given up', () => {
  const { carriage, stream, closed } = opened('accepted');
  carriage.unsent = 10;
  stream.send('NOTIFY');
  expect(closed).toEqual([]);
  carriage.unsent = 11;
  stream.send('NOTIFY');
  expect(closed).toHaveLength(1);
  stream.send('NOTIFY');
  expect(carriage.written).toEqual(['NOTIFY', 'NOTIFY']);
});

test('what cannot be read any more ends it when all is sent, or in time', () => {
  const { carriage, stream, messages, closed, arrive } = opened('accepted');
  arrive('broken');
  expect([stream.isOpen, closed]).toEqual([false, []]);
  arrive('REGISTER');
  expect(messages).toEqual([]);
  jest.advanceTimersByTime(100);
  expect(closed).toHaveLength(1);
  carriage.finish?.();
  expect(closed).toHaveLength(1);
});

test('bytes beyond a share are not read', () => {
  const { messages, closed, arrive } = opened('accepted', { mayRead: (bytes) => bytes < 5 });
  arrive('INFO');
  arrive('REGISTER');
  expect(messages).toEqual(['INFO']);
  expect(closed).toHaveLength(1);
});

test('an error of ours ends the connection of the peer alone, and is told', () => {
  const fault = new Error('ours');
  const failing = () => {
    throw fault;
  };
  const { closed, arrive } = opened('accepted', { message: failing });
  arrive('INVITE');
  expect(closed).toEqual([[false, fault]]);
});

test('a limit of idleness begins anew with whatever comes', () => {
  const { stream, closed, arrive } = opened('accepted');
  arrive('REGISTER');
  stream.limitIdleness(1000);
  jest.advanceTimersByTime(999);
  arrive('ping');
  jest.advanceTimersByTime(999);
  expect(closed).toEqual([]);
  jest.advanceTimersByTime(1);
  expect(closed).toHaveLength(1);
});

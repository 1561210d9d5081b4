import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { limits } from '../../../lib/embedded/limits';
import { sipConnection } from '../../../lib/wire/bound-sockets';

const message = 'OPTIONS sip:a SIP/2.0\r\nContent-Length: 0\r\n\r\n';

/** A connection that was accepted on a socket that only the test writes to. */
function accepted() {
  const socket = Object.assign(new EventEmitter(), {
    setNoDelay: jest.fn(),
    setKeepAlive: jest.fn(),
    write: jest.fn(),
    end: jest.fn(),
    destroy: jest.fn(),
    writableLength: 0,
  });
  const events = { message: jest.fn(), closed: jest.fn() };
  sipConnection({ address: '192.0.2.9', port: 40000 }, socket as unknown as Socket, limits, events);
  return { events, send: (text: string) => socket.emit('data', Buffer.from(text)) };
}

/** Sends the bytes one by one over the time, in ms. */
function trickle(send: (text: string) => void, text: string, time: number): void {
  for (const byte of text) {
    send(byte);
    jest.advanceTimersByTime(Math.ceil(time / text.length));
  }
}

describe('what a slow TCP peer gets', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  test('keep-alives alone do not hold a connection', () => {
    const { events, send } = accepted();
    trickle(send, '\r\n'.repeat(100), limits.firstMessage);
    expect(events.closed).toHaveBeenCalledTimes(1);
  });

  test('a later message sent byte by byte has to be complete in time', () => {
    const { events, send } = accepted();
    send(message);
    jest.advanceTimersByTime(3_600_000);
    expect(events.closed).not.toHaveBeenCalled();
    trickle(send, message.slice(0, -1), limits.message);
    expect(events.closed).toHaveBeenCalledTimes(1);
  });

  test('messages on end, each begun in the segment that completes the one before, are no slow message', () => {
    const { events, send } = accepted();
    for (let i = 0; i < 10; i++) {
      send(message + message.slice(0, 10));
      jest.advanceTimersByTime(limits.message - 1000);
      send(message.slice(10));
    }
    expect(events.closed).not.toHaveBeenCalled();
    expect(events.message).toHaveBeenCalledTimes(20);
  });
});

import { createHash, randomBytes } from 'node:crypto';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { UeMedia } from '../../../lib/ue/ue-media';
import type { MediaKind } from '../../../lib/ue/ue-event';
import type { CallMessagesOptions } from '../../../lib/ue/call-messages';
import { IceMsrpConnection, PlainMsrpConnection } from '../../../lib/ue/msrp-connection';
import { PlainTransport } from '../../../lib/ue/media-transport';
import type { MsrpReceived } from '../../../lib/ue/msrp-incoming';
import type { UeEvent } from '../../../lib/ue/ue-event';
import { selfSigned } from '../access/self-signed';

const address = '127.0.0.1';

interface End {
  media: UeMedia;
  received: MsrpReceived[];
  events: UeEvent[];
}

let ends: End[];

function end(options: Partial<CallMessagesOptions> = {}, offers: MediaKind[] = ['message']): End {
  const received: MsrpReceived[] = [];
  const events: UeEvent[] = [];
  const media = new UeMedia({
    address,
    observer: (event) => events.push(event),
    limit: 3,
    offers,
    open: (lines, _, packet) => PlainTransport.open({ address, lines, packet }),
    messages: {
      address,
      ice: false,
      message: (message) => received.push(message),
      open: (_, { listens }) => PlainMsrpConnection.open(address, listens),
      ...options,
    },
  });
  const made = { media, received, events };
  ends.push(made);
  return made;
}

async function negotiate(offerer: End, answerer: End): Promise<void> {
  offerer.media.accept(await answerer.media.answer(await offerer.media.offer()));
  for (const { media } of [offerer, answerer]) media.audio.answered();
  await Promise.all([offerer.media.path, answerer.media.path]);
}

const file = (bytes: number) => {
  const content = randomBytes(bytes);
  const sha256 = createHash('sha256').update(content).digest('hex');
  return { contentType: 'application/octet-stream', content: [content], size: bytes, sha256, successReport: true };
};

/** A file each way arrives whole. */
async function exchange(one: End, other: End): Promise<void> {
  for (const [from, to] of [
    [one, other],
    [other, one],
  ] as const) {
    const message = file(100_000);
    await from.media.messages.send(message);
    expect(to.received.at(-1)).toMatchObject({ bytes: message.size, sha256: message.sha256 });
    expect(from.media.messages.report()?.sent.at(-1)).toEqual({ bytes: message.size, sha256: message.sha256 });
  }
}

beforeEach(() => {
  ends = [];
});

afterEach(() => {
  for (const { media } of ends) {
    media.close();
    media.close();
  }
});

describe('MSRP between two phones', () => {
  test.each([
    ['actpass answered active', {}, {}, /a=setup:active/],
    ['actpass answered passive', {}, { setup: 'passive' }, /a=setup:passive/],
    ['active answered passive', { setup: 'active' }, {}, /a=setup:passive/],
    ['passive answered active', { setup: 'passive' }, {}, /a=setup:active/],
    ['with CEMA', { cema: true }, { cema: true }, /a=msrp-cema/],
  ] as [string, Partial<CallMessagesOptions>, Partial<CallMessagesOptions>, RegExp][])(
    '%s: files pass both ways (H5, RFC 6135 §4.2)',
    async (_, offering, answering, expected) => {
      const [offerer, answerer] = [end(offering), end(answering)];
      const answer = await answerer.media.answer(await offerer.media.offer());
      expect(answer).toMatch(expected);
      offerer.media.accept(answer);
      await exchange(offerer, answerer);
    },
  );

  test('over TLS, each the one that its fingerprint names', async () => {
    const [a, b] = ['alice.example', 'bob.example'].map((name) => {
      const { cert, key } = selfSigned(name);
      return end({ certificate: { cert: cert.toString(), key: key.toString() } });
    }) as [End, End];
    await negotiate(a, b);
    await exchange(a, b);
  });

  test('over TLS, a peer with another certificate is refused', async () => {
    const [a, b] = ['alice.example', 'bob.example'].map((name) => {
      const { cert, key } = selfSigned(name);
      return end({ certificate: { cert: cert.toString(), key: key.toString() } });
    }) as [End, End];
    const answer = await b.media.answer(await a.media.offer());
    a.media.accept(answer.replace(/a=fingerprint:.*/, `a=fingerprint:sha-256 ${'00:'.repeat(31)}00`));
    await expect(a.media.path).rejects.toMatchObject({ code: 'tls-failed' });
  });

  test('audio or MSRP is dropped and taken back on its own line, and what stays goes on (F2, H10)', async () => {
    const [a, b] = [end({}, ['audio', 'message']), end()];
    await negotiate(a, b);
    await exchange(a, b);
    a.media.want(['message']);
    const withoutAudio = await a.media.offer();
    expect(withoutAudio).toMatch(/m=audio 0 [^]*m=message [1-9]/);
    a.media.accept(await b.media.answer(withoutAudio));
    await exchange(a, b);
    a.media.want(['audio', 'message']);
    await negotiate(a, b);
    a.media.want(['audio']);
    const withoutMessages = await a.media.offer();
    expect(withoutMessages).toMatch(/m=audio [1-9][^]*m=message 0 TCP\/MSRP \*/);
    a.media.accept(await b.media.answer(withoutMessages));
    await expect(b.media.messages.send(file(1))).rejects.toMatchObject({ code: 'no-msrp' });
    a.media.want(['audio', 'message']);
    await negotiate(a, b);
    await exchange(a, b);
    const sessions = a.events.filter(({ event }) => event === 'msrp-open');
    expect(sessions).toEqual(
      [{ line: 1 }, { line: 1 }].map((open) => ({
        event: 'msrp-open',
        path: expect.stringMatching(/^tcp/) as string,
        ...open,
      })),
    );
    expect(a.media.audio.reports()).toHaveLength(2);
  });

  test('a session whose connection is lost is followed by a new one with the next offer (RFC 4975 §5.4)', async () => {
    const [a, b] = [end(), end()];
    await negotiate(a, b);
    const first = /a=path:(.*)/.exec(await a.media.offer())?.[1];
    await b.media.messages.conclude();
    const second = await a.media.offer();
    expect(second).not.toContain(first);
    a.media.accept(await b.media.answer(second));
    await exchange(a, b);
  });

  test('nobody listens: says so', async () => {
    const server = createServer().listen(0, address);
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    await new Promise((resolve) => server.close(resolve));
    const [a, b] = [end(), end({ setup: 'passive' })];
    const answer = await b.media.answer(await a.media.offer());
    a.media.accept(answer.replace(/(a=path:msrp:\/\/127.0.0.1):\d+/, `$1:${port}`));
    await expect(a.media.path).rejects.toMatchObject({ code: 'no-path', message: /connection refused/ });
  });

  test('MSRP over TLS is for nobody without a certificate: 488', async () => {
    const { cert, key } = selfSigned('alice.example');
    const offer = await end({ certificate: { cert: cert.toString(), key: key.toString() } }).media.offer();
    expect(offer).toMatch(/m=message \d+ TCP\/TLS\/MSRP \*[^]*a=path:msrps:/);
    await expect(end().media.answer(offer)).rejects.toMatchObject({ code: 'no-usable-media', sipStatus: 488 });
  });
});

describe('MSRP of a UE with ICE', () => {
  const ice: Partial<CallMessagesOptions> = {
    ice: true,
    open: (line) => IceMsrpConnection.open({ address, line, observer: () => undefined }),
  };

  test('has one TCP candidate, active, and no UDP; a peer without ICE has to listen', async () => {
    const [a, b] = [end(ice), end({ setup: 'passive' })];
    const offer = await a.media.offer();
    expect(offer).toMatch(/m=message 9 TCP\/MSRP \*/);
    expect(offer.match(/a=candidate:.*/g)).toEqual([expect.stringMatching(/ TCP .* 9 typ host tcptype active/i)]);
    a.media.accept(await b.media.answer(offer));
    await exchange(a, b);
  });

  test('without ICE and without a listener there is no path', async () => {
    const [a, b] = [end(ice), end({ setup: 'active' })];
    a.media.accept(await b.media.answer(await a.media.offer()));
    await expect(a.media.path).rejects.toMatchObject({ code: 'no-path' });
  });
});

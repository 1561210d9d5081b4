import { parse } from 'sdp-transform';
import { FakeRtpengine } from './fake-rtpengine';
import { anchorWith, coreSdp, tcpCandidate, ueSdp } from './fixtures';

jest.mock('sdp-transform', () => {
  const real: { parse: typeof parse } = jest.requireActual('sdp-transform');
  return { ...real, parse: jest.fn(real.parse) };
});

/** Gives what another one gave, and reads nothing of what it is given. */
class Repeating extends FakeRtpengine {
  readonly #replies: string[];

  constructor(replies: readonly string[]) {
    super();
    this.#replies = [...replies];
  }

  override offer(...[options]: Parameters<FakeRtpengine['offer']>): Promise<string> {
    this.received.push({ command: 'offer', ...options });
    return Promise.resolve(this.#replies.shift() ?? '');
  }

  override answer(...[options]: Parameters<FakeRtpengine['answer']>): Promise<string> {
    this.received.push({ command: 'answer', ...options });
    return Promise.resolve(this.#replies.shift() ?? '');
  }
}

class Recorded extends FakeRtpengine {
  readonly replies: string[] = [];

  override async offer(...given: Parameters<FakeRtpengine['offer']>): Promise<string> {
    const reply = await super.offer(...given);
    this.replies.push(reply);
    return reply;
  }

  override async answer(...given: Parameters<FakeRtpengine['answer']>): Promise<string> {
    const reply = await super.answer(...given);
    this.replies.push(reply);
    return reply;
  }
}

const line = (kind: string, port: number, name: string, direction: string) => [
  `m=${kind} ${port} RTP/AVP 0`,
  `c=IN IP4 10.0.0.${port % 256}`,
  `a=${direction}`,
  `a=ice-ufrag:uf${name}`,
  `a=ice-pwd:pwdpwdpwdpwdpwdpwdpwd${name}`,
  `a=candidate:1 1 UDP 2130706431 10.0.0.${port % 256} ${port} typ host`,
  tcpCandidate,
  `a=rtcp:${port + 1}`,
  'a=rtcp-mux',
];
const ofUe = ueSdp(...line('audio', 5001, 'ab', 'sendrecv'), ...line('video', 5003, 'cd', 'sendonly'));
const ofCore = coreSdp('m=audio 6001 RTP/AVP 0', 'a=sendrecv', 'm=video 6003 RTP/AVP 0', 'a=recvonly');
const linesOf = (text: string) => text.split('\r\n').filter((each) => each !== '');

describe('an SDP that comes in, from a side or from rtpengine, is read once', () => {
  test.each([
    ['a call of the UE', 'access', ofUe, 'core', ofCore],
    ['a call to the UE', 'core', ofCore, 'access', ofUe],
  ] as const)('%s', async (_, caller, offer, callee, answer) => {
    const recorded = new Recorded();
    const first = anchorWith({ nodes: [recorded] }).anchor;
    await first.offer('c', caller, offer);
    await first.answer('c', callee, answer);

    const node = new Repeating(recorded.replies);
    const { anchor } = anchorWith({ nodes: [node] });
    jest.mocked(parse).mockClear();
    const sent = [await anchor.offer('c', caller, offer), await anchor.answer('c', callee, answer)];
    const read = jest.mocked(parse).mock.calls.flatMap(([text]) => linesOf(text));

    const came = [offer, answer, ...recorded.replies].flatMap(linesOf);
    const written = [...sent, ...node.received.map(({ sdp }) => sdp)].flatMap(linesOf);
    const times = (lines: readonly string[], wanted: string) => lines.filter((each) => each === wanted).length;
    const again = [...new Set(came)].filter((each) => times(read, each) > times([...came, ...written], each));
    expect(again).toEqual([]);
    expect(came).toEqual(expect.arrayContaining([read[0]]));
    expect(read.length).toBeLessThan(came.length);
  });
});

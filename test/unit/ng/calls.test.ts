import { EdgeError } from '../../../lib/errors';
import { readBencode, writeBencode } from '../../../lib/ng/bencode';
import { NgCalls } from '../../../lib/ng/calls';
import { ngOfJson } from '../../../lib/ng/json';
import { readRequest, type NgRequest } from '../../../lib/ng/message';
import { NgDictionary } from '../../../lib/ng/value';
import { createLogger } from '../../../lib/ops/logger';
import { FakeGateway } from '../media/fixtures';

function sdp(...lines: string[]): string {
  return ['v=0', 'o=- 1 1 IN IP4 192.0.2.9', 's=-', 'c=IN IP4 192.0.2.9', 't=0 0', ...lines, ''].join('\r\n');
}

const mux = 'a=rtcp-mux';
const ice = (ufrag: string) => [`a=ice-ufrag:${ufrag}`, 'a=ice-pwd:abcdefghijklmnopqrstuvwx'];
const audio = (...more: string[]) => ['m=audio 4000 RTP/AVP 0', ...more];
const ue = sdp(...audio(mux, ...ice('ueueue')));
const phone = sdp(...audio());
/** As rtpengine writes it for a UE. */
const forUe = (ufrag: string) => sdp(...audio(mux, ...ice(ufrag)));

/** Replies as it is told to, and shows what it was given. */
class FakeRtpengine {
  readonly got: NgDictionary[] = [];
  readonly kept = new Set<string>();
  reply: object = { result: 'ok' };
  failure: EdgeError | undefined;
  isThere = true;

  pass(command: Buffer): Promise<Buffer> {
    this.got.push(readBencode(command).value as NgDictionary);
    if (this.failure) return Promise.reject(this.failure);
    return Promise.resolve(writeBencode(ngOfJson(this.reply)));
  }

  has = () => Promise.resolve(this.isThere);
  query = () => Promise.resolve(undefined);
  keep = (call: string) => this.kept.add(call);
  forget = (call: string) => this.kept.delete(call);
}

describe('K1: the calls of ng clients', () => {
  let rtpengine: FakeRtpengine;
  let gateway: FakeGateway;
  let calls: NgCalls;

  beforeEach(() => {
    rtpengine = new FakeRtpengine();
    gateway = new FakeGateway();
    calls = new NgCalls({
      ...{ rtpengine, gateway, spelling: 'rfc6544', accessInterfaces: [], ownAddresses: [], msrp: undefined },
      ...{ fallback: () => 'always', isControl: ({ port }) => port === 2223, most: 2 },
      logger: createLogger('silent'),
    });
  });

  async function ask(command: string, more: object, reply: object = { result: 'ok' }): Promise<NgDictionary> {
    rtpengine.reply = reply;
    const request = readRequest(writeBencode(ngOfJson({ command, 'call-id': 'one', 'from-tag': 'a', ...more })));
    const answer = await calls.execute(request as NgRequest);
    return readBencode(answer instanceof NgDictionary ? writeBencode(answer) : answer).value as NgDictionary;
  }

  const toUe = (more: object, ufrag: string) =>
    ask('offer', { sdp: phone, ICE: 'force', ...more }, { result: 'ok', sdp: forUe(ufrag) });
  const byUe = (more: object) => ask('answer', { 'to-tag': 'b', sdp: ue, ...more }, { result: 'ok', sdp: phone });

  test('a UE that is called: candidates and ICE-lite, until the call is deleted', async () => {
    const offer = await toUe({}, 'rtp1');
    expect(offer.text('sdp')).toContain('TCP 8388863 198.51.100.1 80 typ host tcptype passive');
    expect(rtpengine.got[0]?.text('ICE-lite')).toBe('forward');
    await byUe({});
    expect([gateway.ufrags(), calls.size, [...rtpengine.kept]]).toEqual([['rtp1'], 1, ['one']]);
    await ask('delete', {});
    expect([gateway.ufrags(), calls.size, rtpengine.kept.size]).toEqual([[], 0, 0]);
  });

  test('two UEs: each gets candidates, and rtpengine is ICE-lite for both', async () => {
    const reply = await ask('offer', { sdp: ue, ICE: 'force' }, { result: 'ok', sdp: forUe('forB') });
    expect(reply.text('sdp')).toContain('tcptype passive');
    expect(rtpengine.got[0]?.text('ICE-lite')).toBe('both');
    const answer = await ask('answer', { 'to-tag': 'b', sdp: ue }, { result: 'ok', sdp: forUe('forA') });
    expect(answer.text('sdp')).toContain('tcptype passive');
    expect(gateway.ufrags()).toEqual(['forA', 'forB']);
  });

  test('what the client says of ICE-lite stays', async () => {
    await toUe({ 'ICE-lite': 'none' }, 'rtp1');
    expect(rtpengine.got[0]?.text('ICE-lite')).toBe('none');
  });

  test('a call of phones is none of ours, and passes byte for byte', async () => {
    const reply = { result: 'ok', sdp: phone, 'no-such-key': ['x'] };
    expect(await ask('offer', { sdp: phone, 'z-key': 1 }, reply)).toEqual(ngOfJson(reply));
    expect([calls.size, rtpengine.kept.size]).toEqual([0, 0]);
    expect(rtpengine.got[0]).toEqual(
      ngOfJson({ command: 'offer', 'call-id': 'one', 'from-tag': 'a', sdp: phone, 'z-key': 1 }),
    );
  });

  test('a UE that answers without ICE has nothing open', async () => {
    await toUe({}, 'rtp1');
    await ask('answer', { 'to-tag': 'b', sdp: phone }, { result: 'ok', sdp: phone });
    expect(gateway.ufrags()).toEqual([]);
  });

  test('of forks that answer, the later one opens again what the first had closed', async () => {
    await toUe({}, 'rtp1');
    await ask('answer', { 'to-tag': 'b1', sdp: phone }, { result: 'ok', sdp: phone });
    await byUe({ 'to-tag': 'b2' });
    expect(gateway.ufrags()).toEqual(['rtp1']);
  });

  test('a branch that is deleted is closed, and the others go on', async () => {
    await toUe({ 'via-branch': '1' }, 'rtp1');
    await toUe({ 'via-branch': '2' }, 'rtp2');
    expect(gateway.ufrags()).toEqual(['rtp1', 'rtp2']);
    await ask('delete', { 'via-branch': '1' });
    expect(gateway.ufrags()).toEqual(['rtp2']);
    await byUe({ 'via-branch': '2' });
    // A later offer goes to the same leg, by its tag.
    await toUe({ 'to-tag': 'b' }, 'rtp2');
    expect([...gateway.streams.values()].map(({ call }) => call)).toEqual(['one 3']);
  });

  test('an ICE restart: both are open until the new one is answered for', async () => {
    await toUe({}, 'rtp1');
    await byUe({});
    await toUe({ 'to-tag': 'b' }, 'rtp2');
    expect(gateway.ufrags()).toEqual(['rtp1', 'rtp2']);
    await byUe({});
    await toUe({ 'to-tag': 'b' }, 'rtp2');
    await byUe({});
    expect(gateway.ufrags()).toEqual(['rtp2']);
  });

  test("K5: with ICE=optional, where the ICE is the other end's, nothing is added", async () => {
    const reply = { result: 'ok', sdp: forUe('ueueue').replace('4000', '4002') };
    expect(await ask('offer', { sdp: ue, ICE: 'optional' }, reply)).toEqual(ngOfJson(reply));
  });

  test('K5: what is bundled gets its candidates once', async () => {
    const lines = (port: number, mid: string) => [`m=audio ${port} RTP/AVP 0`, `a=mid:${mid}`, mux, ...ice('rtp1')];
    const bundled = sdp('a=group:BUNDLE 0 1', ...lines(4000, '0'), ...lines(4000, '1'));
    const reply = await ask(
      'offer',
      { sdp: phone, ICE: ['force'], bundle: ['require'] },
      { result: 'ok', sdp: bundled },
    );
    expect(reply.text('sdp')?.match(/tcptype/g)).toHaveLength(1);
  });

  test('K4: what a call was told of its fallback holds for all of it', async () => {
    await ask('offer', { sdp: ue, ICE: 'remove', 'tcp-fallback': 'off' }, { result: 'ok', sdp: phone });
    const answer = await ask('answer', { 'to-tag': 'b', sdp: phone }, { result: 'ok', sdp: forUe('rtp1') });
    expect(answer.text('sdp')).toBe(forUe('rtp1'));
    expect(rtpengine.got.every((command) => command.get('tcp-fallback') === undefined)).toBe(true);
    await ask('delete', {});
    expect(calls.size).toBe(0);
  });

  test('without rtcp-mux there is no candidate', async () => {
    const reply = await ask(
      'offer',
      { sdp: phone, ICE: 'force' },
      { result: 'ok', sdp: sdp(...audio(...ice('rtp1'))) },
    );
    expect(reply.text('sdp')).not.toContain('tcptype');
  });

  test('K5: a delete that matches nothing leaves the call, unless rtpengine has it no more', async () => {
    await toUe({}, 'rtp1');
    const unmatched = { result: 'ok', warning: "Call-ID not found or tags didn't match" };
    await ask('delete', { 'from-tag': 'x' }, unmatched);
    expect(gateway.ufrags()).toEqual(['rtp1']);
    rtpengine.isThere = false;
    await ask('delete', { 'from-tag': 'x' }, unmatched);
    expect(gateway.ufrags()).toEqual([]);
  });

  test('an offer that rtpengine refuses, or does not answer, leaves nothing', async () => {
    const error = { result: 'error', 'error-reason': 'Ran out of ports' };
    expect(await ask('offer', { sdp: phone, ICE: 'force' }, error)).toEqual(ngOfJson(error));
    rtpengine.failure = new EdgeError('anchor-unavailable', 'It is silent.');
    await expect(ask('offer', { sdp: ue, ICE: 'force' })).rejects.toThrow('It is silent.');
    expect([calls.size, gateway.ufrags()]).toEqual([0, []]);
  });

  test('a call that rtpengine has lost is closed', async () => {
    await toUe({}, 'rtp1');
    calls.lost('one');
    expect([calls.size, gateway.ufrags()]).toEqual([0, []]);
  });

  test('a Call-ID that is no ASCII', async () => {
    await toUe({ 'call-id': 'né' }, 'rtp1');
    expect([...rtpengine.kept]).toEqual(['né']);
    calls.lost('né');
    expect(gateway.ufrags()).toEqual([]);
  });

  test('beyond the most calls, further ones pass without candidates', async () => {
    for (const id of ['one', 'two', 'three']) await toUe({ 'call-id': id }, `rtp-${id}`);
    expect([calls.size, gateway.ufrags()]).toEqual([2, ['rtp-one', 'rtp-two']]);
  });

  test('a line whose media would command something is declined', async () => {
    const two = sdp('m=audio 2223 RTP/AVP 0', 'm=audio 4000 RTP/AVP 0');
    await ask('offer', { sdp: two }, { result: 'ok', sdp: phone });
    expect(rtpengine.got[0]?.text('sdp')).toContain('m=audio 0 RTP/AVP 0\r\nm=audio 4000');
    const refused = await ask('offer', { sdp: sdp('m=audio 2222 RTP/AVP 0') });
    expect(refused.text('result')).toBe('error');
    expect(rtpengine.got).toHaveLength(1);
  });

  test('commands of one call run one after the other', async () => {
    const offer = toUe({}, 'rtp1');
    const deleted = ask('delete', {});
    await Promise.all([offer, deleted]);
    expect([calls.size, gateway.ufrags()]).toEqual([0, []]);
  });
});

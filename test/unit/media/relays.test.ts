import type { Relays } from '../../../lib/media/placed-media';
import { ToldPlaces } from '../../../lib/media/told-places';
import { networks, placesOn } from '../media-networks';
import { anchorWith, audio, coreAnswer, coreSdp, ice, mediaOf, ueSdp } from './fixtures';

const own = '198.51.100.1';
const remote = { address: '203.0.113.9', port: 5555 };
const alice = { address: remote.address, users: ['alice@ims.example'] };
const bob = { address: remote.address, users: ['bob@ims.example'] };

/** Of alice's credential, and of a shared one. */
const relays: Relays = {
  relaysAt: ({ address, port }) => {
    if (address !== own) return [];
    if (port === 40_001) return [{ account: 'alice@ims.example', remote }];
    return port === 40_002 ? [{ account: undefined, remote }] : [];
  },
};

const plain = (port: number) => ueSdp(`m=audio ${port} RTP/AVP 0`, `c=IN IP4 ${own}`, `a=rtcp:${port} IN IP4 ${own}`);

async function shownOf(sdp: string, ends = alice) {
  const places = placesOn([own], { coreMedia: networks('203.0.113.0/24') });
  const around = anchorWith({ relays, places });
  await around.anchor.offer('c', 'access', sdp, ends);
  const [line] = mediaOf(around.rtpengine.received[0]!.sdp);
  await around.anchor.close();
  return line!;
}

test('M6: a UE without ICE whose SDP names its relayed address gets its media there', async () => {
  expect(await shownOf(plain(40_001))).toMatchObject({ address: own, port: 40_001 });
  expect(await shownOf(plain(40_002), bob)).toMatchObject({ address: own, port: 40_002 });
});

test.each([
  ["another user's relayed address", 40_001, bob],
  ['a port of ours that is no relay', 2223, alice],
  ['a relayed address, of a UE that is nobody', 40_001, { ...alice, users: [] }],
])('M6: no media goes to %s', async (_, port, ends) => {
  // At most to where its SIP comes from, as ever.
  expect(await shownOf(plain(port), ends)).not.toMatchObject({ address: own });
});

test('M6: candidates of relays reach rtpengine as they are', async () => {
  const candidate = `a=candidate:9 1 UDP 16777215 ${own} 40001 typ relay raddr ${remote.address} rport 5555`;
  const { candidates } = await shownOf(ueSdp(...audio, ...ice, candidate, 'a=rtcp-mux'));
  expect(candidates).toContainEqual(expect.objectContaining({ type: 'relay', address: own, port: 40_001 }));
});

test('M7: the path of a call behind a relay is told as one, with the address of the UE', async () => {
  const around = anchorWith({ relays });
  const selected: unknown[] = [];
  await around.anchor.offer('c', 'access', ueSdp(...audio, ...ice, 'a=rtcp-mux'), alice);
  around.anchor.on('selected', (path) => selected.push(path));
  const heard = { endpoint: { address: own, port: 40_001 }, localAddress: own, confirmed: true };
  around.rtpengine.statistics = new Map([['access', [{ ...heard, packets: 1, errors: 0, rttMs: undefined }]]]);
  await around.anchor.answer('c', 'core', coreAnswer);
  await around.anchor.release('c');
  expect(selected).toEqual([{ call: 'c', line: 0, path: 'relay', remote }]);
  await around.anchor.close();
});

test('M7: the path of a short call is told as a relay that its UE gave back before it ended', async () => {
  const open = new Set([40_001]);
  const around = anchorWith({ relays: { relaysAt: (at) => (open.has(at.port) ? relays.relaysAt(at) : []) } });
  const selected: unknown[] = [];
  around.anchor.on('selected', (path) => selected.push(path));
  await around.anchor.offer('c', 'access', plain(40_001), alice);
  await around.anchor.answer('c', 'core', coreAnswer);
  open.clear();
  const heard = { endpoint: { address: own, port: 40_001 }, localAddress: own, confirmed: true };
  around.rtpengine.statistics = new Map([['access', [{ ...heard, packets: 1, errors: 0, rttMs: undefined }]]]);
  await around.anchor.release('c');
  expect(selected).toEqual([{ call: 'c', line: 0, path: 'relay', remote }]);
  await around.anchor.close();
});

/** A call of alice, and who the user of the port is that her UE was told. */
async function callOfAlice() {
  const told = new ToldPlaces();
  const forgotten: number[] = [];
  told.onForgotten(({ port }) => forgotten.push(port));
  const around = anchorWith({ relays, told });
  await around.anchor.offer('c', 'access', ueSdp(...audio, ...ice, 'a=rtcp-mux'), alice);
  const [line] = mediaOf(await around.anchor.answer('c', 'core', coreAnswer));
  const { address = '', port = 0 } = line ?? {};
  const users = () => told.usersAt({ address, port });
  expect(users()).toEqual(['alice@ims.example']);
  return { ...around, users, forgotten, port };
}

test('M2: a port that the UE is told is one of its user until the call is released', async () => {
  const { anchor, users, forgotten, port } = await callOfAlice();
  await anchor.release('c');
  expect(users()).toBeUndefined();
  expect(forgotten).toContain(port);
  await anchor.close();
});

test('M2: at the end of a call its ports are forgotten at once, whether rtpengine answers or not', async () => {
  const { anchor, rtpengine, users } = await callOfAlice();
  let answer: (() => void) | undefined;
  rtpengine.query = () => new Promise((resolve) => (answer = () => resolve(undefined)));
  const released = anchor.release('c');
  expect(users()).toBeUndefined();
  while (answer === undefined) await new Promise(setImmediate);
  answer();
  await released;
  await anchor.close();
});

test('M2: what a command under way tells when the call ends is forgotten, too', async () => {
  const { anchor, rtpengine, users } = await callOfAlice();
  let open: () => void = () => undefined;
  rtpengine.gate = new Promise((resolve) => (open = resolve));
  const again = anchor.offer('c', 'core', coreAnswer).catch((error: unknown) => error);
  const released = anchor.release('c');
  open();
  await Promise.all([again, released]);
  expect(users()).toBeUndefined();
  await anchor.close();
});

test('M2: ports that a call gives back while it goes on are forgotten before rtpengine frees them', async () => {
  const { anchor, rtpengine, users } = await callOfAlice();
  const declined = 'm=audio 0 RTP/AVP 0';
  const whenFreed: unknown[] = [];
  const free = rtpengine.delete.bind(rtpengine);
  rtpengine.delete = (call) => {
    whenFreed.push(users());
    return free(call);
  };
  await anchor.offer('c', 'core', coreSdp(declined));
  await anchor.answer('c', 'access', ueSdp(declined));
  expect(whenFreed).toEqual([undefined]);
  await anchor.close();
});

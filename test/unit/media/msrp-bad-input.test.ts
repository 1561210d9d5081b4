import { once } from 'node:events';
import { createServer } from 'node:net';
import { coreAudio, mediaOf } from './fixtures';
import { attribute, ice, message, MsrpLab, passes, sdp, section, send, ue, ueOffer, uePath } from './msrp-lab';
import { networks, placesOn } from '../media-networks';

let lab: MsrpLab;

function open(...options: ConstructorParameters<typeof MsrpLab>): void {
  lab = new MsrpLab(...options);
}

beforeEach(() => open());

afterEach(async () => {
  await lab.close();
});

const corePath = (port: number, session = 'coreSession') => `msrp://127.0.0.3:${port}/${session};tcp`;
const coreAnswer = (port: number, ...lines: string[]) => sdp(...message(port, corePath(port), ...lines));
const ends = () => lab.bridges.counters().ends;
const offer = (text = ueOffer, name = 'c') => lab.around.anchor.offer(name, 'access', text, ue);
const answer = (text: string, name = 'c') => lab.around.anchor.answer(name, 'core', text);

/** The UE's stream, and that it is closed. */
function ueStream() {
  const stream = lab.overGateway();
  return { stream, closed: stream.closed ? Promise.resolve() : once(stream.resume(), 'close') };
}

/** The bridge has ended for this reason, and no other has. */
async function endedFor(reason: string): Promise<void> {
  while (Object.keys(ends()).length === 0) await new Promise(setImmediate);
  expect(ends()).toEqual({ [reason]: 1 });
}

describe('where a core may have us connect to', () => {
  const strict = { places: placesOn(['192.0.2.77']) };

  test.each([
    ['a control port on loopback, in its path', 'msrp://127.0.0.1:2223/s;tcp', 2855, '198.51.100.9'],
    ['the same in c=, by a core with CEMA', 'msrp://core.example:2855/s;tcp', 2223, '127.0.0.1', ['a=msrp-cema']],
    ['no address, which is loopback to the kernel', 'msrp://0.0.0.0:2223/s;tcp', 2855, '198.51.100.9'],
    ['loopback by a name', 'msrp://localhost:2223/s;tcp', 2223, '127.0.0.1'],
    ['the metadata service of a cloud', 'msrp://169.254.169.254:80/s;tcp', 2855, '198.51.100.9'],
    ['nothing: neither path nor c= has an address', 'msrp://core.example:2855/s;tcp', 2855, 'core.example'],
    ['port 0', 'msrp://198.51.100.9:0/s;tcp', 2855, '198.51.100.9'],
    ['loopback in IPv6', 'msrp://[::ffff:127.0.0.1]:2223/s;tcp', 2855, '198.51.100.9'],
    ['loopback by NAT64', 'msrp://[64:ff9b::7f00:1]:2855/s;tcp', 2855, '198.51.100.9'],
    ['loopback in octal, by c=', 'msrp://0177.0.0.1:2855/s;tcp', 2855, '0177.0.0.1'],
    ['another service of this machine', 'msrp://192.0.2.77:9022/s;tcp', 2855, '198.51.100.9'],
    ['a SIP server', 'msrp://198.51.100.9:5060/s;tcp', 2855, '198.51.100.9'],
    ['a web server', 'msrp://198.51.100.9:443/s;tcp', 2855, '198.51.100.9'],
    ['a control port, by c= alone', 'garbage', 2223, '198.51.100.9'],
  ])('H7: not to %s: the UE is closed, and it is counted', async (_name, path, port, address, lines: string[] = []) => {
    await lab.close();
    open(strict);
    const text = sdp(...message(port, path, 'a=setup:passive', ...lines)).replace('127.0.0.3', address);
    await lab.around.anchor.offer('c', 'core', text, ue);
    await lab.around.anchor.answer('c', 'access', sdp(...message(9, uePath, 'a=setup:active', ...ice)));
    const { closed } = ueStream();
    await closed;
    await endedFor('core-unusable');
    expect(Object.values(lab.around.placed.counts())).toEqual([1]);
  });

  test('X10: with CORE_MEDIA not to another network', async () => {
    await lab.close();
    open({ places: placesOn(['192.0.2.77'], { coreMedia: networks('203.0.113.0/24') }) });
    await offer();
    await answer(sdp(...message(2855, 'msrp://198.51.100.9:2855/s;tcp', 'a=setup:passive')));
    await endedFor('core-unusable');
    expect(lab.around.placed.counts()).toEqual({ 'not-core-media': 1 });
  });

  test.each([5060, 22, 2223])('N1: nor a UE without ICE to port %d of where its SIP comes from', async (port) => {
    await lab.close();
    open({ places: placesOn([]) });
    const core = sdp(...message(9, 'msrp://198.51.100.9:2855/s;tcp', 'a=setup:active'));
    await lab.around.anchor.offer('c', 'core', core, { address: '198.51.100.77' });
    await lab.around.anchor.answer(
      'c',
      'access',
      sdp(...message(port, uePath.replace('7777', `${port}`), 'a=setup:passive')),
    );
    await endedFor('access-unusable');
  });

  test('H7: a name in the path is not looked up; c= says where that is', async () => {
    const core = await lab.listeningCore();
    await offer();
    await answer(sdp(...message(core.port, `msrp://core.invalid:${core.port}/s;tcp`, 'a=setup:passive')));
    await core.arrived;
  });

  test('H7: a core with IPv6 is connected to from an IPv6 address of ours', async () => {
    await lab.close();
    open({ core: { addresses: ['127.0.0.3', '::1'] } });
    const core = await lab.listeningCore('::1');
    await lab.around.anchor.offer(
      'c',
      'core',
      sdp(...message(core.port, `msrp://[::1]:${core.port}/s;tcp`, 'a=setup:passive')).replace(
        'IP4 127.0.0.3',
        'IP6 ::1',
      ),
      ue,
    );
    await lab.around.anchor.answer('c', 'access', sdp(...message(9, uePath, 'a=setup:active', ...ice)));
    expect((await core.arrived).remoteAddress).toBe('::1');
  });

  test('H9: behind relays the nearest one is connected to, and the whole path is what messages get', async () => {
    const relay = await lab.listeningCore();
    const offered = await offer();
    const path = `${corePath(relay.port, 'relay')} msrp://10.0.0.7:9000/core;tcp`;
    const answered = await answer(sdp(...message(relay.port, path, 'a=setup:passive')));
    const shown = attribute(answered, 'path')!;
    expect(shown).toBe('msrp://198.51.100.1:80/relay;tcp');
    const text = send(shown, uePath, 'hello');
    await passes(lab.overGateway(), await relay.arrived, text, send(path, attribute(offered, 'path')!, 'hello'));
  });

  test.each([
    ['is missing', []],
    ['is no URI', ['a=path:garbage']],
    ['is longer than a message’s could be', [`a=path:msrp://127.0.0.3:1/${'x'.repeat(1024)};tcp`]],
    ['is not in ASCII', [`a=path:msrp://127.0.0.3:1/\u010a\u010d;tcp`]],
    ['has a port that is none', ['a=path:msrp://127.0.0.3:99999/s;tcp']],
  ])('H7: a core whose path %s is connected to by c= and m=', async (_name, lines) => {
    const core = await lab.listeningCore();
    await offer();
    await answer(sdp(`m=message ${core.port} TCP/MSRP *`, 'a=accept-types:*', ...lines, 'a=setup:passive'));
    await core.arrived;
  });
});

describe('a core that does not play its part', () => {
  test('H7: it refuses: the UE is closed, and it is counted', async () => {
    const server = createServer().listen(0, '127.0.0.3');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    server.close();
    await once(server, 'close');
    await offer();
    await answer(coreAnswer(port, 'a=setup:passive'));
    const { closed } = ueStream();
    await closed;
    await endedFor('core-refused');
  });

  test('H7: it was to connect, and never does: the UE is closed', async () => {
    await lab.close();
    open({ limits: { joinMs: 50 } });
    await offer();
    await answer(coreAnswer(9, 'a=setup:active'));
    const { closed } = ueStream();
    await closed;
    await endedFor('core-timeout');
  });

  test('H10: it resets in mid-transfer: the UE is closed', async () => {
    const core = await lab.listeningCore();
    await offer();
    const answered = await answer(coreAnswer(core.port, 'a=setup:passive'));
    const { stream, closed } = ueStream();
    stream.write(send(attribute(answered, 'path')!, uePath, 'hello').slice(0, -20));
    const socket = await core.arrived;
    await once(socket, 'data');
    socket.resetAndDestroy();
    await closed;
    await endedFor('core-closed');
  });

  test('H9: headers without end where paths are rewritten: both are closed', async () => {
    const core = await lab.listeningCore();
    await offer();
    await answer(coreAnswer(core.port, 'a=setup:passive'));
    const { closed } = ueStream();
    const socket = await core.arrived;
    socket.resume().write(`MSRP tid1 SEND\r\nX: ${'y'.repeat(9000)}`);
    await Promise.all([closed, once(socket, 'close')]);
    await endedFor('core-malformed');
  });
});

describe('what a core offers as setup', () => {
  test.each([
    ['passive', ['a=setup:passive'], 'passive', 'active'],
    ['nothing, as by RFC 4975: it connects', [], 'actpass', 'passive'],
    ['holdconn, which is for nobody', ['a=setup:holdconn'], 'actpass', 'passive'],
    ['active', ['a=setup:active'], 'actpass', 'passive'],
  ])('H5: %s', async (_name, lines, towardUe, towardCore) => {
    const core = await lab.listeningCore();
    const offered = await lab.around.anchor.offer('c', 'core', coreAnswer(core.port, ...lines), ue);
    expect(attribute(offered, 'setup')).toBe(towardUe);
    const answered = await lab.around.anchor.answer(
      'c',
      'access',
      sdp(...message(9, uePath, 'a=setup:active', ...ice)),
    );
    expect(attribute(answered, 'setup')).toBe(towardCore);
    const { port } = mediaOf(answered)[0]!;
    if (towardCore === 'active') await core.arrived;
    else await lab.dial('127.0.0.3', port, '127.0.0.3');
  });

  test('H5: a UE that is passive is not joined to a core that is passive too: both would wait', async () => {
    const offered = await offer(sdp(...message(9, uePath, 'a=setup:passive', ...ice)));
    expect(attribute(offered, 'setup')).toBe('passive');
  });

  test('H5: a core that answers without setup listens (RFC 4975)', async () => {
    const core = await lab.listeningCore();
    await offer();
    await answer(coreAnswer(core.port));
    await core.arrived;
  });
});

describe('offers and answers', () => {
  test('H7: no port of the range is free: 503, and nothing is left of the call', async () => {
    for (let i = 0; i < 100; i++) await offer(ueOffer, `call-${i}`);
    await expect(offer()).rejects.toMatchObject({ code: 'msrp-no-port', sipStatus: 503 });
    expect(lab.bridges.counters()).toMatchObject({ open: 100, listening: { core: 100 } });
    await lab.around.anchor.release('call-7');
    await offer();
  });

  test('H7: the same where audio had a place already: the re-INVITE is refused, the call stays', async () => {
    await lab.around.anchor.offer('c', 'core', sdp(...coreAudio), ue);
    await lab.around.anchor.answer('c', 'access', sdp('m=audio 5000 RTP/AVP 0'));
    for (let i = 0; i < 100; i++) await offer(ueOffer, `call-${i}`);
    const more = sdp('m=audio 5000 RTP/AVP 0', ...message(9, uePath, 'a=setup:actpass', ...ice));
    await expect(lab.around.anchor.offer('c', 'access', more)).rejects.toMatchObject({ sipStatus: 503 });
    await lab.around.anchor.rollback('c');
    expect(lab.bridges.counters().open).toBe(100);
  });

  test('H1: a UE with lines for MSRP without end gets 4 of them', async () => {
    const many = Array.from({ length: 40 }, () => message(9, uePath, 'a=setup:actpass')).flat();
    const offered = await offer(sdp(...many));
    expect(mediaOf(offered).filter(({ port }) => port !== 0)).toHaveLength(4);
    expect(lab.bridges.counters().open).toBe(4);
  });

  test('G16: CANCEL before the answer leaves nothing', async () => {
    await offer();
    expect(lab.bridges.counters()).toMatchObject({ open: 1, listening: { core: 1 } });
    await lab.around.anchor.release('c');
    expect(lab.bridges.counters()).toMatchObject({ open: 0, listening: { core: 0 } });
  });

  test('F6: of two forks that answer, the last one has the session; the UE keeps its connection and the path it was shown', async () => {
    const [first, second] = [await lab.listeningCore(), await lab.listeningCore()];
    const offered = await offer();
    const early = await answer(coreAnswer(first.port, 'a=setup:passive'));
    const ueSide = lab.overGateway();
    const lost = await first.arrived;
    const closed = once(lost.resume(), 'close');
    const final = sdp(...message(second.port, corePath(second.port, 'other'), 'a=setup:passive'));
    const answered = await answer(final);
    await closed;
    expect(attribute(answered, 'ice-ufrag')).toBe(attribute(early, 'ice-ufrag'));
    expect(attribute(answered, 'path')).toBe(attribute(early, 'path'));
    const real = send(corePath(second.port, 'other'), attribute(offered, 'path')!, 'hello');
    await passes(ueSide, await second.arrived, send(attribute(early, 'path')!, uePath, 'hello'), real);
    expect(lab.bridges.counters()).toMatchObject({ open: 1, joined: 1 });
  });

  test('F6: two forks that connect to us: the port waits for the one that answered last', async () => {
    const offered = await offer();
    const { port } = mediaOf(offered)[0]!;
    await answer(
      sdp(...message(9, 'msrp://127.0.0.4:9/one;tcp', 'a=setup:active')).replaceAll('127.0.0.3', '127.0.0.4'),
    );
    await answer(
      sdp(...message(9, 'msrp://127.0.0.5:9/two;tcp', 'a=setup:active')).replaceAll('127.0.0.3', '127.0.0.5'),
    );
    await once(await lab.dial('127.0.0.3', port, '127.0.0.4'), 'close');
    await lab.dial('127.0.0.3', port, '127.0.0.5');
    lab.overGateway();
    while (lab.bridges.counters().joined === 0) await new Promise(setImmediate);
  });

  test('F6: another core answers when bytes have passed: what was sent cannot be told it, and the session ends', async () => {
    const [first, second] = [await lab.listeningCore(), await lab.listeningCore()];
    await offer();
    const early = await answer(coreAnswer(first.port, 'a=setup:passive'));
    const { stream, closed } = ueStream();
    stream.write(send(attribute(early, 'path')!, uePath, 'hello'));
    await once(await first.arrived, 'data');
    await answer(coreAnswer(second.port, 'a=setup:passive'));
    await closed;
    await endedFor('replaced');
  });

  test('F2: an answer that repeats itself, in a 200 after its 183, changes nothing', async () => {
    const core = await lab.listeningCore();
    await offer();
    const text = coreAnswer(core.port, 'a=setup:passive');
    const early = await answer(text);
    const ueSide = lab.overGateway();
    const socket = await core.arrived;
    expect(section(await answer(text))).toEqual(section(early));
    const real = send(corePath(core.port), 'x', 'y').length;
    ueSide.write(send(attribute(early, 'path')!, uePath, 'hello'));
    expect(String((await once(socket, 'data'))[0]).length).toBeGreaterThan(real);
  });

  test('I6: thousands of calls, ended in every state, leave no port, bridge, socket, stream or timer', async () => {
    const { anchor } = lab.around;
    const core = await lab.listeningCore();
    const resources = () => process.getActiveResourcesInfo().filter((kind) => /TCP|Timeout/.test(kind)).length;
    const before = resources();
    for (let i = 0; i < 2000; i++) {
      const name = `call-${i}`;
      await offer(ueOffer, name);
      if (i % 4 > 0) await answer(coreAnswer(core.port, i % 4 === 1 ? 'a=setup:active' : 'a=setup:passive'), name);
      if (i % 4 === 3) lab.overGateway().write('MSRP ');
      await anchor.release(name);
    }
    expect(lab.bridges.counters()).toMatchObject({ open: 0, joined: 0, listening: { access: 0, core: 0 } });
    expect(lab.bridges.counters().ends).toEqual({ released: 2000 });
    while (resources() > before + 1) await new Promise(setImmediate);
  }, 60_000);
});

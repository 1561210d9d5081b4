import { once } from 'node:events';
import { check, rtp, TcpEnd, UdpEnd, type MediaEnd } from './support/media-ends';
import { describeWithRtpengine, mediaLine, RealAnchor } from './support/real-anchor';
import { until } from './support/until';

const addresses = { access: '127.0.0.2', core: '127.0.0.3' };
const ueAddress = '127.0.0.5';
const farAddress = '127.0.0.4';

/** PRIORITY in checks of libwebrtc: over UDP, over TCP. */
const priorities = { udp: 1862270975, tcp: 1350565887 };

function sdp(address: string, ...lines: string[]): string {
  return ['v=0', `o=- 1 1 IN IP4 ${address}`, 's=-', `c=IN IP4 ${address}`, 't=0 0', ...lines, ''].join('\r\n');
}

/** The UE leaves a way without a word: what the edge sends there is heard by nobody. */
describe.each([
  { plane: 'native', from: 'access' },
  { plane: 'node', from: 'core' },
] as const)('with the $plane plane, offered by the $from', ({ plane, from }) => {
  describeWithRtpengine('the way of media within a call', () => {
    let parts: RealAnchor;
    let far: UdpEnd;
    let udp: UdpEnd;
    let tcps: TcpEnd[];
    let sequence: number;
    let calls = 0;
    let call: string;
    let ufrag: string;
    let towardUe: ReturnType<typeof mediaLine>;

    beforeAll(async () => {
      parts = await RealAnchor.start(addresses, undefined, plane);
    });
    afterAll(async () => {
      await parts.close();
    });
    beforeEach(async () => {
      call = `path-${process.pid}-${calls++}`;
      sequence = 0;
      ufrag = 'ueUF';
      tcps = [];
      [far, udp] = await Promise.all([UdpEnd.open(farAddress), UdpEnd.open(ueAddress)]);
    });
    afterEach(async () => {
      await parts.anchor.release(call);
      for (const end of [far, udp, ...tcps]) end.close();
    });

    const ueSdp = () =>
      sdp(
        ueAddress,
        `m=audio ${udp.port} RTP/AVP 0`,
        `a=ice-ufrag:${ufrag}`,
        `a=ice-pwd:uepwduepwduepwduepwd${ufrag}`,
        `a=candidate:1 1 UDP 2130706431 ${ueAddress} ${udp.port} typ host`,
        'a=rtcp-mux',
      );
    const farSdp = () => sdp(farAddress, `m=audio ${far.port} RTP/AVP 0`);

    const ueCheck = (over: 'udp' | 'tcp', nominating = true) =>
      check({ ufrag: towardUe.ufrag ?? '', pwd: towardUe.pwd ?? '' }, ufrag, {
        nominating,
        priority: priorities[over],
      });

    async function dial(): Promise<TcpEnd> {
      const tcp = await TcpEnd.open(parts.gateway.address()[0]!, ueAddress);
      tcps.push(tcp);
      return tcp;
    }

    /** Both ends send until each hears the other, 20 ms apart. */
    async function passes(way: MediaEnd): Promise<void> {
      const before = { far: far.heard.length, way: way.heard.length };
      let pass = 0;
      await until('media passes both ways', 8000, () => {
        if (pass++ % 2 === 0) {
          sequence += 1;
          way.send(rtp(0x11111111, sequence, `UE ${sequence};`));
          far.send(rtp(0x22222222, sequence, `far ${sequence};`));
        }
        return far.heard.length > before.far + 3 && way.heard.length > before.way + 3 ? true : undefined;
      });
    }

    async function answered(): Promise<void> {
      const offer = await parts.anchor.offer(call, from, from === 'access' ? ueSdp() : farSdp());
      const answer = await parts.anchor.answer(
        call,
        from === 'access' ? 'core' : 'access',
        from === 'access' ? farSdp() : ueSdp(),
      );
      const [towardCore, ue] = from === 'access' ? [offer, answer] : [answer, offer];
      towardUe = mediaLine(ue);
      far.to = { address: addresses.core, port: mediaLine(towardCore).port };
    }

    async function onUdp(): Promise<void> {
      await answered();
      udp.to = { address: addresses.access, port: towardUe.port };
      await udp.checked(ueCheck('udp'));
      await passes(udp);
    }

    test('S21, C19: follows the UE from UDP to TCP 80 and back, again and again', async () => {
      await onUdp();
      const tcp = await dial();
      for (let round = 0; round < 2; round++) {
        const at = performance.now();
        await tcp.checked(ueCheck('tcp', false));
        // It may send before it nominates, and need not do so again.
        if (round > 0) await tcp.checked(ueCheck('tcp'));
        await passes(tcp);
        const over = performance.now();
        await udp.checked(ueCheck('udp'));
        await passes(udp);
        const [there, back] = [over - at, performance.now() - over].map(Math.round);
        process.stderr.write(`${plane}: to TCP ${there} ms, back to UDP ${back} ms\n`);
      }
    }, 60_000);

    test('S20, C12: a UE that nominates two connections has its media on the first, if it sends there, and loses none', async () => {
      await answered();
      const first = await dial();
      for (const tcp of [first, await dial()]) {
        const selected = once(parts.gateway, 'selected');
        await tcp.checked(ueCheck('tcp'));
        await selected;
      }
      await passes(first);
      await far.hears(`UE ${sequence};`);
      expect(far.heard).toHaveLength(sequence);
    }, 60_000);

    test('S21, C19: a UE without a connection is offered an ICE restart, and comes over TCP 80', async () => {
      await onUdp();
      const before = towardUe;
      const towardCore = far.to;
      const offer = await parts.anchor.restartIce(call);
      towardUe = mediaLine(offer ?? '');
      expect([before.ufrag, before.pwd]).not.toContain(towardUe.ufrag);
      ufrag = 'ueU2';
      expect(mediaLine(await parts.anchor.answer(call, 'access', ueSdp())).port).toBe(towardCore.port);
      const tcp = await dial();
      await tcp.checked(ueCheck('tcp'));
      await passes(tcp);
    }, 60_000);
  });
});

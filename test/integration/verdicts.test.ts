import { addresses, Network } from '../../app/demo/network';
import { runTool } from '../../app/demo/processes';
import { askAdmin } from './support/admin';
import { Lab } from './support/lab';
import { describeInNamespaces } from './support/namespaces';
import { check, iceSdp, plainSdp, ScriptedCalls, tcpCandidate, type ScriptedCall } from './support/scripted-calls';
import { until } from './support/until';

interface Row {
  id: string;
  verdict: { id: string; is: string; text: string };
}

const { ue, core } = addresses;
const plain = plainSdp(ue);
const overTcp = iceSdp(ue, [tcpCandidate(ue)]);
const declined = (address: string) => plainSdp(address, [], 0);

/** Calls that are made to fail, each in one way, and what the page says of them: no call has a UE that knows better. */
describeInNamespaces('what the admin page says of a call', () => {
  let lab: Lab;
  let calls: ScriptedCalls;

  beforeAll(async () => {
    const settings = { UE_CALLS: '20', TCP_FALLBACK_REALMS: `${addresses.ue2}/32=off` };
    lab = await Lab.start(settings, new Network(['ue', 'ue2']));
    calls = await ScriptedCalls.start(lab.network);
  }, 60_000);

  afterAll(async () => {
    await calls.close();
    await lab.close();
  }, 20_000);

  const listed = async (kind: 'ended' | 'underWay') => {
    const { text } = await askAdmin(lab.network, '/api/calls');
    return (JSON.parse(text) as Record<typeof kind, Row[]>)[kind];
  };

  /** What is said of the call once it has ended. */
  async function verdictAfter(run: () => Promise<unknown>): Promise<string | undefined> {
    const before = (await listed('ended')).map(({ id }) => id);
    await run();
    const row = await until('the call has ended', 10_000, async () =>
      (await listed('ended')).find(({ id }) => !before.includes(id)),
    );
    return row.verdict.id;
  }

  const answered = async (call: Promise<ScriptedCall>, during: (call: ScriptedCall) => Promise<unknown>) => {
    const under = await call;
    await during(under);
    await under.hangUp();
  };

  /** Drops what a rule of nft names where it comes to the edge. */
  async function dropping(rule: string, run: () => Promise<unknown>): Promise<void> {
    const nft = (rules: string) => runTool('ip', ['netns', 'exec', lab.network.namespace('edge'), 'nft', rules]);
    const chain = 'add chain inet muted arriving { type filter hook prerouting priority raw; policy accept; }';
    await nft(`add table inet muted; ${chain}; add rule inet muted arriving ${rule} drop`);
    await run().finally(() => nft('delete table inet muted'));
  }

  const refuses = async (status: number) => {
    const { invite, arrived } = await calls.invite(plain);
    await calls.core.call('respond', arrived.raw, status, {}, '');
    await calls.ue.call('ack', invite.raw, (await calls.final(status)).raw);
    await calls.core.call('next', 'ACK');
  };

  const cancels = async () => {
    const { invite, arrived } = await calls.invite(plain);
    await calls.core.call('respond', arrived.raw, 180, {}, '');
    await calls.ue.call('next', '180 INVITE');
    expect((await listed('underWay')).map(({ verdict }) => verdict.id)).toEqual(['not-answered-yet']);
    await calls.ue.call('cancel', invite.raw);
    const cancel = await calls.core.call('next', 'CANCEL');
    await calls.core.call('respond', cancel, 200, {}, '');
    await calls.core.call('respond', arrived.raw, 487, {}, '');
    await calls.final(487);
  };

  describe('that was not answered', () => {
    test('I10: rejected', async () => {
      expect(await verdictAfter(() => refuses(486))).toBe('rejected');
    });

    test('I10: not-answered-yet, then never-answered', async () => {
      expect(await verdictAfter(cancels)).toBe('never-answered');
    });

    test('I10: nothing-usable', async () => {
      const offers = async () => {
        await calls.inviteAlone('v=0\r\no=- 1 1 IN IP4 198.51.100.2\r\ns=-\r\nt=0 0\r\nm=audio nowhere RTP/AVP 0\r\n');
        await calls.final(488);
      };
      expect(await verdictAfter(offers)).toBe('nothing-usable');
    });

    test('I10: refused-by-limit', async () => {
      // With 20 calls, a UE has 40 lines.
      const line = 'm=audio 4000 RTP/AVP 0';
      const lines = plainSdp(ue, new Array<string>(15).fill(line));
      const answer = plainSdp(core, new Array<string>(15).fill(line));
      const held = [await calls.call({ offer: lines, answer }), await calls.call({ offer: lines, answer })];
      const third = async () => {
        await calls.inviteAlone(lines);
        await calls.final(503);
      };
      expect(await verdictAfter(third)).toBe('refused-by-limit');
      for (const { hangUp } of held) await hangUp();
    });

    test('I10: ue-unreachable', async () => {
      const vanishes = async () => {
        await calls.inviteUe(plainSdp(core));
        await calls.registerAnew();
      };
      expect(await verdictAfter(vanishes)).toBe('ue-unreachable');
    });

    test('I10: core-unreachable', async () => {
      await calls.registerAnew({ 'Service-Route': `<sip:${core}:5999;transport=tcp;lr>` });
      const call = async () => {
        await calls.inviteAlone(plain);
        await calls.final(503);
      };
      expect(await verdictAfter(call)).toBe('core-unreachable');
      await calls.registerAnew();
    });
  });

  describe('whose media has no way to the UE', () => {
    const quiet = () => Promise.resolve();
    const wayless = (offer: string, during: (call: ScriptedCall) => Promise<unknown> = quiet, by = calls) =>
      verdictAfter(() => answered(by.call({ offer }), during));

    test('I10: core-declined, ue-declined', async () => {
      const byCore = calls.call({ offer: plain, answer: declined(core) });
      expect(await verdictAfter(() => answered(byCore, quiet))).toBe('core-declined');
      const byUe = calls.called({ offer: plainSdp(core), answer: declined(ue) });
      expect(await verdictAfter(() => answered(byUe, quiet))).toBe('ue-declined');
    });

    test('I10: no-ice, private-without-ice', async () => {
      expect(await wayless(plain)).toBe('no-ice');
      expect(await wayless(plainSdp('10.9.8.7'))).toBe('private-without-ice');
    });

    test('I10: no-ice-tcp, relay-unused, never-dialled', async () => {
      expect(await wayless(iceSdp(ue))).toBe('no-ice-tcp');
      const relay = 'a=candidate:3 1 UDP 5820671 203.0.113.9 5000 typ relay raddr 198.51.100.2 rport 4000';
      expect(await wayless(iceSdp(ue, [relay]))).toBe('relay-unused');
      expect(await wayless(overTcp)).toBe('never-dialled');
    });

    test('I10: tcp-not-offered, to UEs of a network without the fallback', async () => {
      const other = await calls.at('ue2');
      const offer = iceSdp(addresses.ue2, [tcpCandidate(addresses.ue2)]);
      expect(await wayless(offer, quiet, other)).toBe('tcp-not-offered');
      await other.ue.close();
    });

    test('I10: wrong-password, unknown-ufrag, never-nominated', async () => {
      const dials = (options: Parameters<typeof check>[1]) => (call: ScriptedCall) =>
        calls.dial([check(call.toUe, options)]);
      expect(await wayless(overTcp, dials({ password: 'a password that is not its own' }))).toBe('wrong-password');
      expect(await wayless(overTcp, dials({ ufrag: 'nobody' }))).toBe('unknown-ufrag');
      expect(await wayless(overTcp, dials({ useCandidate: false }))).toBe('never-nominated');
    });

    test('I10: not-accepted, where rtpengine hears nothing of the gateway', async () => {
      const deaf = `iifname lo ip daddr ${addresses.edgeAccess} udp dport 30000-40000`;
      const nominates = ({ toUe }: ScriptedCall) => dropping(deaf, () => calls.dial([check(toUe)], 500));
      expect(await wayless(overTcp, nominates)).toBe('not-accepted');
    });

    test('I10: silent-connection, strange-bytes', async () => {
      expect(await wayless(overTcp, () => calls.dial([]))).toBe('silent-connection');
      expect(await wayless(overTcp, () => calls.dial([Buffer.from('0004deadbeef', 'hex')]))).toBe('strange-bytes');
    });

    test('I10: too-early, hold', async () => {
      const early = async () => {
        expect((await listed('underWay')).map(({ verdict }) => verdict.id)).toEqual(['too-early']);
      };
      expect(await wayless(overTcp, early)).toBe('never-dialled');
      expect(await wayless(plainSdp(ue, ['a=inactive']))).toBe('hold');
    });
  });

  describe('whose media has a way', () => {
    const flowing = (offer: string, answer: string, during: (call: ScriptedCall) => Promise<unknown>) =>
      verdictAfter(() => answered(calls.call({ offer, answer }), during));
    const both = ({ toUe, toCore }: ScriptedCall) => Promise.all([calls.rtp('ue', toUe), calls.rtp('core', toCore)]);
    const dtls = ['a=setup:actpass', `a=fingerprint:sha-256 ${new Array(32).fill('AB').join(':')}`];

    test('I10: way-by-udp, core-silent', async () => {
      expect(await flowing(plain, plainSdp(core), both)).toBe('way-by-udp');
      expect(await flowing(plain, plainSdp(core), ({ toUe }) => calls.rtp('ue', toUe))).toBe('core-silent');
    });

    test('I10: ue-only-hears, core-only-hears', async () => {
      const recvonly = plainSdp(ue, ['a=recvonly']);
      const fromCore = ({ toCore }: ScriptedCall) => calls.rtp('core', toCore);
      expect(await flowing(recvonly, plainSdp(core, ['a=sendonly']), fromCore)).toBe('ue-only-hears');
      const sendonly = plainSdp(ue, ['a=sendonly']);
      const fromUe = ({ toUe }: ScriptedCall) => calls.rtp('ue', toUe);
      expect(await flowing(sendonly, plainSdp(core, ['a=recvonly']), fromUe)).toBe('core-only-hears');
    });

    test('I10: nobody-sends, ue-silent, dtls-unfinished, of a UE that nominates and says no more', async () => {
      const nominates = ({ toUe }: ScriptedCall) => calls.dial([check(toUe)], 1000);
      const hears = (call: ScriptedCall) => Promise.all([nominates(call), calls.rtp('core', call.toCore)]);
      expect(await flowing(overTcp, plainSdp(core), nominates)).toBe('nobody-sends');
      expect(await flowing(overTcp, plainSdp(core), hears)).toBe('ue-silent');
      const secure = iceSdp(ue, [tcpCandidate(ue), ...dtls]).replace('RTP/AVP', 'UDP/TLS/RTP/SAVP');
      expect(await flowing(secure, plainSdp(core), hears)).toBe('dtls-unfinished');
    });

    test('I10: rtpengine-lost', async () => {
      const killed = async () => {
        await calls.call({ offer: plain });
        await lab.rtpengine.killAndStart();
        for (const end of [calls.ue, calls.core]) await end.call('respond', await end.call('next', 'BYE'), 200, {}, '');
      };
      expect(await verdictAfter(killed)).toBe('rtpengine-lost');
    });
  });
});

import { once } from 'node:events';
import fc from 'fast-check';
import { pino } from 'pino';
import { framed } from '../../lib/ice/deframer';
import { TcpGateway } from '../../lib/gateway/tcp-gateway';
import { parseStun } from '../../lib/ice/stun-message';
import { FakeAnchor } from '../unit/gateway/fake-anchor';
import { TestUe } from '../unit/gateway/test-ue';
import { bytesLike } from './bytes';
import { framing } from './framing';
import { pwd, stun, ufrag } from './stun';
import { must, type FuzzRun, type FuzzTarget } from './target';

const user = `${ufrag}:ueue`;
const rtp = Buffer.alloc(172, 0).fill(0x80, 0, 1);

/** Comes behind the last frame of a connection that is used for long: each race with its end would be remembered until then. */
const noMore = Buffer.alloc(0);

/**
 * Bytes into a real gateway on loopback. The first says how: even, as the first that a stranger sends; odd, as
 * one frame on an authenticated connection, which is used until the gateway closes it.
 */
export const network: FuzzTarget = {
  name: 'network',
  inputs: fc
    .tuple(fc.boolean(), fc.oneof(stun.inputs, stun.inputs.map(framed), framing.inputs, bytesLike([rtp], 9000)))
    .map(([isKnown, bytes]) => Buffer.concat([Buffer.from([isKnown ? 1 : 0]), bytes])),
  start,
};

async function start(): Promise<FuzzRun> {
  const anchor = await FakeAnchor.open(pwd);
  const gateway = new TcpGateway({
    listen: [{ address: '127.0.0.1', port: 0 }],
    advertised: [{ address: '198.51.100.1', port: 80, family: 4 }],
    logger: pino({ level: 'silent' }),
  });
  await gateway.listen();
  const open = () =>
    gateway.addStream({ ufrag, pwd, anchor: anchor.address, content: 'rtp', kind: 'audio', call: 'call-1', line: 0 });
  open();
  let known: TestUe | undefined;

  async function dial(): Promise<TestUe> {
    return TestUe.connect(gateway.address()[0]?.port ?? 0);
  }

  async function asStranger(bytes: Buffer): Promise<string> {
    const ue = await dial();
    const before = gateway.counters();
    ue.socket.end(bytes);
    ue.socket.resume();
    await ue.closed;
    return `stranger: ${closeReason(before, gateway.counters())}`;
  }

  async function asKnown(bytes: Buffer): Promise<string> {
    known ??= await authenticated(await dial());
    const before = gateway.counters();
    const probe = known.check(user, pwd);
    known.send(bytes.subarray(0, 0xffff), probe);
    if (await isAnswered(known, probe)) {
      const { drops, checks } = gateway.counters();
      if (drops['first-byte'] > before.drops['first-byte']) return 'known: dropped';
      const kind = (['rejected', 'ignored'] as const).find((name) => checks[name] > before.checks[name]);
      return `known: ${kind ?? (checks.accepted > before.checks.accepted + 1 ? 'accepted' : 'taken')}`;
    }
    known = undefined;
    return `known: closed, ${closeReason(before, gateway.counters())}`;
  }

  return {
    feed: (input) => (((input[0] ?? 0) & 1) === 0 ? asStranger(input.subarray(1)) : asKnown(input.subarray(1))),
    end: async () => {
      known?.close();
      await known?.closed;
      // What fed it may have used up the stream's nominations.
      gateway.removeStream(ufrag);
      open();
      const ue = await dial();
      const selected = once(gateway, 'selected');
      must((await ue.ask(user, pwd, true)).class === 'success', 'A genuine UE is not served any more.');
      await selected;
      ue.send(rtp);
      for (let packet = await anchor.media.next(); !packet.equals(rtp);) packet = await anchor.media.next();
      ue.close();
      await ue.closed;
      await gateway.close();
      anchor.close();
      const { accepted, open: left, closes } = gateway.counters();
      const closed = Object.values(closes).reduce((sum, count) => sum + count, 0);
      must(left === 0 && accepted === closed, `${accepted} were accepted, ${closed} closed, ${left} are open.`);
    },
  };
}

async function authenticated(ue: TestUe): Promise<TestUe> {
  must((await ue.ask(user, pwd)).class === 'success', 'A genuine check is not answered.');
  ue.socket.once('close', () => ue.frames.push(noMore));
  return ue;
}

/** False if the connection ended before the answer. */
async function isAnswered(ue: TestUe, probe: Buffer): Promise<boolean> {
  for (;;) {
    const frame = await ue.frames.next();
    if (frame === noMore) return false;
    const message = parseStun(frame);
    if (!('fault' in message) && message.transactionId.equals(probe.subarray(8, 20))) return true;
  }
}

type Counters = ReturnType<TcpGateway['counters']>;

/** Why the one connection ended that did since. */
function closeReason({ closes: before }: Counters, { closes: after }: Counters): string {
  const changed = Object.entries(after).filter(([reason, count]) => count !== before[reason as keyof typeof before]);
  must(changed.length === 1, `One connection ended, and was counted as ${JSON.stringify(changed)}.`);
  return changed[0]?.[0] ?? '';
}

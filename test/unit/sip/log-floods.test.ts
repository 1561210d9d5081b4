import { EdgeError } from '../../../lib/errors';
import { establish } from './established-call';
import { sdp } from './fake-anchor';
import type { SipPeer } from './sip-peer';
import { TestEdge } from './test-edge';

const bob = 'sip:bob@ims.example';
const floods = 20;

/** Each is told within the interval in which lines are gathered: at once, and once more where it takes that long. */
const mostLines = 3;

/** Of calls that were taken, each has its own. */
const lifecycle = ['call started', 'call answered', 'call ended', 'media released'];

const unavailable = () => new EdgeError('anchor-unavailable', 'none answers', { sipStatus: 503 });

/** What can be caused over and over, once each: `ue` is registered, and `stranger` is not. */
interface Flooded {
  edge: TestEdge;
  ue: SipPeer;
  stranger: SipPeer;
}

type Flood = (flooded: Flooded) => Promise<(number: number) => Promise<void>>;

const kinds: { name: string; flood: Flood; settings?: { coreNextHop: string } }[] = [
  {
    name: 'REGISTERs that cannot be sent',
    flood: ({ stranger }) =>
      Promise.resolve(async () => {
        stranger.request('REGISTER', 'sip:ims.example');
        await stranger.next((message) => message.status >= 500 && message.method === 'REGISTER');
      }),
    // The edge has no address of this family.
    settings: { coreNextHop: 'sip:[::1]:5060' },
  },
  {
    name: 'calls for which there is no media anchor',
    flood: ({ edge, ue }) =>
      Promise.resolve(async () => {
        edge.anchor.failNext('offer', 'access', unavailable());
        const invite = ue.request('INVITE', bob, {}, sdp('offer'));
        ue.ack(invite, await ue.next('503 INVITE'));
      }),
  },
  {
    name: 're-INVITEs for which there is no media anchor',
    flood: async ({ edge, ue }) => {
      const { caller } = await establish(ue, edge.coreNextHop);
      return async () => {
        edge.anchor.failNext('offer', 'access', unavailable());
        ue.ack(ue.inDialog(caller, 'INVITE', {}, sdp('again')), await ue.next('503 INVITE'));
      };
    },
  },
  {
    name: 'requests in a call over another flow than its own',
    flood: async ({ edge, ue, stranger }) => {
      const { caller } = await establish(ue, edge.coreNextHop);
      return async () => {
        stranger.inDialog(caller, 'INFO');
        await stranger.next('403 INFO');
      };
    },
  },
  {
    name: 'a connection of media that comes and goes',
    flood: async ({ edge, ue }) => {
      await establish(ue, edge.coreNextHop);
      const [[call, media] = []] = edge.anchor.calls;
      return () => {
        const remote = { address: '198.51.100.2', port: 40000 };
        for (const event of ['selected', 'connection-lost', 'media-lost'] as const)
          media?.emit(event, { call: call ?? '', line: 0, path: 'tcp80', remote });
        return Promise.resolve();
      };
    },
  },
  {
    name: 'messages that a handler falls over',
    flood: ({ edge }) =>
      Promise.resolve((number) => {
        edge.srf.emit('error', new EdgeError('handler-failed', `A METHOD${number} could not be handled.`));
        return Promise.resolve();
      }),
  },
];

describe('N7: a flood', () => {
  let edge: TestEdge;

  afterEach(async () => {
    await edge.calls.endAll('shutdown');
    await edge.close();
  });

  test.each(kinds)('of $name fills no log', async ({ flood, settings }) => {
    edge = await TestEdge.start({ ...(settings !== undefined && { settings }) });
    const [ue, stranger] = [settings !== undefined ? await edge.stranger() : await edge.ue(), await edge.stranger()];
    const once = await flood({ edge, ue, stranger });
    const before = edge.log.length;
    for (let number = 0; number < floods; number += 1) await once(number);
    const lines = edge.log.slice(before).map((line) => JSON.parse(line) as { level: string; msg: string });
    const counts = new Map<string, number>();
    for (const { level, msg } of lines)
      if (level !== 'debug' && !lifecycle.includes(msg)) counts.set(msg, (counts.get(msg) ?? 0) + 1);
    expect(counts.size).toBeGreaterThan(0);
    for (const [msg, count] of counts) expect([msg, count <= mostLines]).toEqual([msg, true]);
    expect(counts.size).toBeLessThanOrEqual(3);
  });
});

test('each stream of a call is told of by itself', async () => {
  const edge = await TestEdge.start();
  const ue = await edge.ue();
  const remote = { address: '198.51.100.2', port: 40000 };
  for (let call = 0; call < 2; call += 1) await establish(ue, edge.coreNextHop);
  for (const [call, media] of edge.anchor.calls)
    for (const line of [0, 1]) media.emit('selected', { call, line, path: 'tcp80', remote });
  expect(edge.log.filter((line) => line.includes('media has its path'))).toHaveLength(4);
  await edge.calls.endAll('shutdown');
  await edge.close();
});

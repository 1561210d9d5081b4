import { sdp } from '../sip/fake-anchor';
import type { SipPeer } from '../sip/sip-peer';
import { callerDialog } from '../sip/sip-peer';
import { TestEdge } from '../sip/test-edge';

/* Floods of strangers at the P-CSCF behind its listener, with the shares that it is delivered with. */

let edge: TestEdge;
let core: SipPeer;

beforeEach(async () => {
  edge = await TestEdge.start({ fronted: true });
  core = edge.coreNextHop;
});

afterEach(async () => {
  await edge.close();
});

test.each([
  ['X6', 'REGISTER', 'sip:ims.example'],
  ['X7', 'OPTIONS', 'sip:ims.example'],
])(
  '%s: 3000 %s of strangers end no call, keep no registered UE out, and reach the core in part',
  async (_, method, uri) => {
    const ue = await edge.ue();
    const invite = ue.request('INVITE', 'sip:bob@ims.example', {}, sdp('offer'));
    core.respond(await core.next('INVITE'), 200, {}, sdp('answer'));
    await core.next('ACK');
    const ok = await ue.next('200 INVITE');
    ue.ack(invite, ok);

    const flood = await Promise.all(Array.from({ length: 30 }, () => edge.stranger()));
    for (let i = 0; i < 100; i++) {
      for (const [n, stranger] of flood.entries()) {
        const user = `<sip:user${100 * n + i}@ims.example>`;
        stranger.request(method, uri, { From: `${user};tag=${i}`, To: user, Contact: stranger.contact });
      }
    }
    // Its answer tells that all before it was dealt with.
    for (const stranger of flood) stranger.request('BYE', uri, { To: '<sip:nobody@ims.example>;tag=gone' });
    for (const stranger of flood) await stranger.next((message) => message.method === 'BYE' && message.status > 0);
    const refused = flood.flatMap(({ history }) => history).filter(({ status }) => status === 503);
    expect(refused.length).toBeGreaterThan(2000);

    ue.request('MESSAGE', 'sip:bob@ims.example', { 'Content-Type': 'text/plain' }, 'hello');
    core.respond(await core.next('MESSAGE'), 202);
    await ue.next('202 MESSAGE');
    expect(edge.calls.size).toBe(1);
    const reached = core.history.filter((message) => message.startLine.startsWith(`${method} `)).length;
    expect(reached).toBeLessThan(1000);

    ue.inDialog(callerDialog(invite, ok), 'BYE');
    core.respond(await core.next('BYE'), 200);
    await ue.next('200 BYE');
  },
);

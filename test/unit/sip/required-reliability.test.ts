import { sdp } from './fake-anchor';
import { TestEdge } from './test-edge';

/* UEs over UDP reach the SIP server itself. test/vectors/sip has the same behind listener and relay. */

let edge: TestEdge;

beforeAll(async () => {
  edge = await TestEdge.start();
});

afterAll(async () => {
  await edge.close();
});

test('P7: an INVITE that requires 100rel, of a UE over UDP: the callee has its PRACK, and the call its answer', async () => {
  const ue = await edge.udpUe();
  const core = edge.coreNextHop;
  const invite = ue.request('INVITE', 'sip:bob@ims.example', { Require: '100rel' }, sdp('offer'));
  const arrived = await core.next('INVITE');
  core.respond(arrived, 183, { Require: '100rel', RSeq: '7' }, sdp('early'));
  const prack = await core.next('PRACK');
  expect(prack.header('RAck')).toMatch(/^7 \d+ INVITE$/);
  core.respond(prack, 200);
  const early = await ue.next('183 INVITE');
  expect(early.header('Require')).toBe('100rel');
  const dialog = {
    ...{ local: invite.header('From'), remote: early.header('To'), callId: invite.header('Call-ID'), cseq: 1 },
    target: `sip:${edge.access.address}:${edge.access.port}`,
  };
  ue.inDialog(dialog, 'PRACK', { RAck: `${early.header('RSeq')} 1 INVITE` });
  await ue.next('200 PRACK');
  core.respond(arrived, 200, {}, sdp('answer'));
  await core.next('ACK');
  const ok = await ue.next('200 INVITE');
  expect(ok.body).toContain('answer anchored');
  ue.ack(invite, ok);
  expect(edge.serverDeath).toBeUndefined();
});

import type { SipPeer } from './sip-peer';
import { sdp, sessionName } from './fake-anchor';
import { callerDialog } from './sip-peer';
import { TestEdge } from './test-edge';

/*
 * A call between two UEs of one edge, through a core that is a proxy: it sends the INVITE back with the Call-ID and the
 * From tag that it came with, by which alone drachtio-server tells dialogs apart.
 */

let edge: TestEdge;
let core: SipPeer;
let anne: SipPeer;
let bert: SipPeer;
let toBert: string;

async function start(relayAlways: boolean): Promise<void> {
  edge = await TestEdge.start({ settings: { relayAlways } });
  core = edge.coreNextHop;
  [anne, bert] = [await edge.ue(), await edge.stranger()];
  toBert = await edge.register(bert, { To: '<sip:bert@ims.example>' });
  core.forget();
}

afterEach(async () => {
  await edge.close();
  expect(edge.calls.size).toBe(0);
});

test('G8: with EGRESS_RELAY=always the legs are told apart, though there is no Service-Route', async () => {
  await start(true);
  const invite = anne.request('INVITE', 'sip:bert@ims.example', {}, sdp('from anne'));
  const out = await core.next('INVITE');
  expect(out.all('Route')).toEqual([]);
  const back = {
    ...{ From: out.header('From'), To: out.header('To'), 'Call-ID': out.header('Call-ID'), CSeq: out.header('CSeq') },
    'Record-Route': out.header('Record-Route'),
    Route: toBert,
  };
  core.request('INVITE', 'sip:bert@ims.example', back, out.body);
  const arrived = await bert.next('INVITE');
  expect(sessionName(arrived.body)).toContain('from anne');
  bert.respond(arrived, 200, {}, sdp('from bert'));
  const fromBert = await core.next('200 INVITE');
  await bert.next('ACK');
  core.respond(out, 200, { To: fromBert.header('To') }, fromBert.body);
  const ok = await anne.next('200 INVITE');
  anne.ack(invite, ok);
  await core.next('ACK');
  expect(edge.calls.size).toBe(2);
  anne.inDialog(callerDialog(invite, ok), 'BYE');
  core.respond(await core.next('BYE'), 200);
  await anne.next('200 BYE');
});

test('without it, the call is refused and the log says what to set', async () => {
  await start(false);
  const invite = anne.request('INVITE', 'sip:bert@ims.example', {}, sdp('offer'));
  const out = await core.next('INVITE');
  const ids = { From: out.header('From'), To: out.header('To'), 'Call-ID': out.header('Call-ID') };
  const again = core.request('INVITE', 'sip:bert@ims.example', { ...ids, CSeq: '7 INVITE', Route: toBert }, out.body);
  core.ack(again, await core.next('482 INVITE'));
  expect(edge.log.join('')).toContain('set EGRESS_RELAY=always');
  core.respond(out, 482);
  anne.ack(invite, await anne.next('482 INVITE'));
});

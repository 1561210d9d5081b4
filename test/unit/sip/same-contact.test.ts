import { sdp } from './fake-anchor';
import { TestEdge } from './test-edge';

test('G12: of UEs with one and the same private Contact, each gets what is for it', async () => {
  const edge = await TestEdge.start({ fronted: true });
  const core = edge.coreNextHop;
  const contact = '<sip:ue@192.168.1.2:5060;transport=tcp>';
  const anne = await edge.stranger();
  const bert = await edge.stranger();
  const granted = { Contact: `${contact};expires=600` };
  const toAnne = await edge.register(anne, { To: '<sip:anne@ims.example>', Contact: contact }, granted);
  const toBert = await edge.register(bert, { To: '<sip:bert@ims.example>', Contact: contact }, granted);
  for (const [ue, Route] of [
    [anne, toAnne],
    [bert, toBert],
    [anne, toAnne],
  ] as const) {
    const invite = core.request('INVITE', 'sip:ue@192.168.1.2:5060;transport=tcp', { Route }, sdp('offer'));
    ue.respond(await ue.next('INVITE'), 486);
    core.ack(invite, await core.next('486 INVITE'));
    core.request('MESSAGE', 'sip:ue@192.168.1.2:5060;transport=tcp', { Route });
    ue.respond(await ue.next('MESSAGE'), 200);
    await core.next('200 MESSAGE');
  }
  await edge.close();
});

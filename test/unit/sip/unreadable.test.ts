import { sdp } from './fake-anchor';
import { TestEdge } from './test-edge';

async function callsWith(contact: string): Promise<void> {
  const edge = await TestEdge.start();
  const [ue, core] = [await edge.ue(), edge.coreNextHop];
  const serve = async (): Promise<void> => {
    const arrived = await core.next('INVITE');
    core.respond(arrived, 180);
    core.respond(arrived, 486);
    await serve();
  };
  void serve();
  const odd = ue.request('INVITE', 'sip:bob@ims.example', { Contact: contact }, sdp('offer'));
  ue.ack(odd, await ue.next((message) => message.status >= 400));
  const sound = ue.request('INVITE', 'sip:bob@ims.example', {}, sdp('offer'));
  ue.ack(sound, await ue.next('486 INVITE'));
  expect(edge.log.join('')).not.toContain('handler-failed');
  await edge.close();
  expect(edge.calls.size).toBe(0);
}

const name = 'a call whose Contact is "%s" is refused, or served to its end, and ends nothing else';

test.each(['<sip:a@192.0.2.4>,'])(name, callsWith);

const odder = [' ', '<sip:a@192.0.2.4', '<>', 'sip:'];
if (process.env['DRACHTIO_BIN'] === undefined) test.each(odder)(name, callsWith);
else test.skip.each(odder)(`${name} (SKIPPED: drachtio-server keeps it to itself)`, callsWith);

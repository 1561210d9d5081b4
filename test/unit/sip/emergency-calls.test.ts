import { sdp } from './fake-anchor';
import { freePort, SipPeer, uriOf } from './sip-peer';
import { TestEdge } from './test-edge';

describe('with an E-CSCF', () => {
  let edge: TestEdge;
  let ecscf: SipPeer;

  beforeAll(async () => {
    const port = await freePort('127.1.0.112');
    const emergency = { nextHop: `sip:127.1.0.112:${port}`, numbers: ['112'] };
    edge = await TestEdge.start({ settings: { emergency } });
    ecscf = await SipPeer.udp('127.1.0.112', edge.core, port);
  });

  afterEach(async () => {
    await edge.calls.endAll('shutdown');
  });

  afterAll(async () => {
    ecscf.close();
    await edge.close();
  });

  test.each([
    ['urn:service:sos.police', 'urn:service:sos.police'],
    ['tel:112', 'urn:service:sos'],
    ['sip:112@ims.example;user=phone', 'urn:service:sos'],
  ])('G19: a call to %s goes there though the UE is not registered', async (dialled, service) => {
    const ue = await edge.stranger();
    const invite = ue.request('INVITE', dialled, { 'P-Preferred-Identity': '<sip:me@ims.example>' }, sdp('offer'));
    const arrived = await ecscf.next('INVITE');
    expect(uriOf(arrived)).toBe(service);
    expect(arrived.all('Route')).toEqual([`<sip:127.1.0.112:${ecscf.port};lr>`]);
    expect(arrived.raw).not.toContain('P-Preferred-Identity');
    ecscf.respond(arrived, 486);
    ue.ack(invite, await ue.next('486 INVITE'));
  });

  test.each(['MESSAGE', 'SUBSCRIBE', 'OPTIONS'])('G19: %s is no call, and needs a registration', async (method) => {
    const ue = await edge.stranger();
    ue.request(method, 'urn:service:sos', { Event: 'reg' });
    await ue.next(`403 ${method}`);
  });

  test('G19: a UE that is not registered has two such calls at most', async () => {
    const ue = await edge.stranger();
    const invites = [1, 2, 3].map(() => ue.request('INVITE', 'urn:service:sos', {}, sdp('offer')));
    const refused = await ue.next('503 INVITE');
    ue.ack(invites[2] ?? refused, refused);
    for (let i = 0; i < 2; i++) ecscf.respond(await ecscf.next('INVITE'), 486);
    await ue.next('486 INVITE');
    await ue.next('486 INVITE');
  });

  test('G19: of a registered UE tells who it is', async () => {
    const ue = await edge.ue();
    const invite = ue.request('INVITE', 'urn:service:sos', {}, sdp('offer'));
    const arrived = await ecscf.next('INVITE');
    expect(arrived.header('P-Asserted-Identity')).toBe('<sip:alice@ims.example>');
    ecscf.respond(arrived, 486);
    ue.ack(invite, await ue.next('486 INVITE'));
  });

  test('G19: other calls of a UE that is not registered are refused all the same', async () => {
    const ue = await edge.stranger();
    const invite = ue.request('INVITE', 'sip:bob@ims.example', {}, sdp('offer'));
    ue.ack(invite, await ue.next('403 INVITE'));
  });
});

test('G19: without an E-CSCF the UE is told to call another way', async () => {
  const edge = await TestEdge.start();
  const ue = await edge.ue();
  const invite = ue.request('INVITE', 'urn:service:sos', {}, sdp('offer'));
  const refused = await ue.next('380 INVITE');
  expect(refused.header('Content-Type')).toBe('application/3gpp-ims+xml');
  expect(refused.body).toContain('<type>emergency</type>');
  ue.ack(invite, refused);
  await edge.close();
});

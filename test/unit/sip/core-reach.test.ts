import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { sdp } from './fake-anchor';
import { parse, type Message, type SipPeer } from './sip-peer';
import { TestEdge } from './test-edge';

const bob = 'sip:bob@ims.example';

/** A core over TCP that grants whatever is registered, until it is gone. */
class FleetingCore {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor() {
    this.#server = createServer((socket) => {
      this.#sockets.add(socket);
      socket.on('data', (bytes) => socket.write(granting(parse(bytes.toString()))));
      socket.on('error', () => undefined);
    });
  }

  static async open(): Promise<FleetingCore> {
    const core = new FleetingCore();
    core.#server.listen(0, '127.1.0.3');
    await once(core.#server, 'listening');
    return core;
  }

  get uri(): string {
    return `sip:127.1.0.3:${(this.#server.address() as AddressInfo).port};transport=tcp`;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((done) => this.#server.close(done));
  }
}

function granting(register: Message): string {
  const copied = ['From', 'Call-ID', 'CSeq', 'Contact'].map((name) => `${name}: ${register.header(name)}`);
  const vias = register.all('Via').map((via) => `Via: ${via}`);
  const lines = [...vias, ...copied, `To: ${register.header('To')};tag=core`, 'Content-Length: 0'];
  return `SIP/2.0 200 OK\r\n${lines.join('\r\n')}\r\n\r\n`;
}

describe('a core that cannot be reached', () => {
  let edge: TestEdge;

  afterEach(() => edge.close());

  /** Has the UE send a request, which is refused, and returns the refusal. */
  async function refused(ue: SipPeer, method: string, uri = bob): Promise<Message> {
    const isCall = method === 'INVITE';
    const sent = ue.request(
      method,
      uri,
      { ...(method === 'SUBSCRIBE' && { Event: 'reg' }) },
      isCall ? sdp('offer') : '',
    );
    const refusal = await ue.next((message) => message.status >= 300 && message.method === method);
    if (isCall) ue.ack(sent, refusal);
    return refusal;
  }

  function expectLater(refusal: Message): void {
    expect(refusal.status).toBe(503);
    expect(refusal.header('Retry-After')).toMatch(/^[1-9]\d*$/);
  }

  const told = (...parts: string[]) =>
    edge.log.filter((line) => !line.includes('"debug"') && parts.every((part) => line.includes(part)));

  test.each([
    ['its name does not resolve', 'sip:nowhere.invalid:5060'],
    ['its name does not resolve', 'sip:nowhere.invalid;transport=tcp'],
    ['it takes no requests', 'sip:127.1.0.2:9;transport=tcp'],
    ['CORE_CONTACTS has no contact of its transport and address family', 'sip:[::1]:5060'],
  ])('X17: REGISTERs get 503, and the reason is told once: %s (%s)', async (reason, coreNextHop) => {
    edge = await TestEdge.start({ settings: { coreNextHop } });
    const ue = await edge.stranger();
    for (let times = 0; times < 3; times += 1) expectLater(await refused(ue, 'REGISTER', 'sip:ims.example'));
    expect(told('CORE_NEXT_HOP', coreNextHop, reason)).toHaveLength(1);
  });

  test.each(['INVITE', 'MESSAGE', 'SUBSCRIBE'])(
    'X17: %s of a registered UE gets 503, and the reason is told',
    async (method) => {
      const core = await FleetingCore.open();
      edge = await TestEdge.start({ settings: { coreNextHop: core.uri } });
      const coreNextHop = core.uri;
      const ue = await edge.stranger();
      ue.request('REGISTER', 'sip:ims.example', { Contact: `${ue.contact};expires=600` });
      await ue.next('200 REGISTER');
      await core.close();
      expectLater(await refused(ue, method));
      expect(told('CORE_NEXT_HOP', coreNextHop, 'it takes no requests')).toHaveLength(1);
    },
  );

  test.each([
    ['its name does not resolve', 'sip:nowhere.invalid'],
    ['it takes no connections', 'sip:127.1.0.2:9;transport=tcp'],
    ['of an address family that CORE_CONTACTS lacks', 'sip:[::1]:5060'],
  ])('X17: so it is where a Service-Route leads: %s', async (reason, hop) => {
    edge = await TestEdge.start();
    const ue = await edge.stranger();
    await edge.register(ue, {}, { 'Service-Route': `<${hop};lr>` });
    for (const method of ['INVITE', 'MESSAGE', 'SUBSCRIBE', 'INVITE']) expectLater(await refused(ue, method));
    expect(told(reason).length).toBeGreaterThan(0);
    expect(told(reason).length).toBeLessThanOrEqual(2);
  });

  test('X17: and where EMERGENCY_NEXT_HOP leads', async () => {
    edge = await TestEdge.start({ settings: { emergency: { nextHop: 'sip:nowhere.invalid', numbers: [] } } });
    expectLater(await refused(await edge.stranger(), 'INVITE', 'urn:service:sos'));
    expect(told('EMERGENCY_NEXT_HOP', 'nowhere.invalid', 'does not resolve')).toHaveLength(1);
  });
});

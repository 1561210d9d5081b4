import type { IncomingRequest, IncomingResponse } from '../../../lib/drachtio/messages';
import { createLogger } from '../../../lib/ops/logger';
import type { Flow } from '../../../lib/sip/flow-token';
import { MemoryRegistrations } from '../../../lib/sip/memory-registrations';
import { Registrar } from '../../../lib/sip/registrar';
import type { AccessFlow, UeConnections } from '../../../lib/sip/ue-connections';

const aor = 'sip:alice@ims.example';

/** An access listener as far as a registrar asks it. */
class FakeListener implements UeConnections {
  readonly told: string[] = [];
  readonly #open = new Map<number, AccessFlow>();
  #closed: (flow: AccessFlow) => void = () => undefined;

  open(id: string, port: number): Flow {
    const serverSide = { address: '127.0.0.1', port };
    this.#open.set(port, { id, remoteAddress: '198.51.100.2', serverSide });
    return { transport: 'tcp', ...serverSide, connection: id };
  }

  close(port: number): void {
    const flow = this.#open.get(port);
    this.#open.delete(port);
    if (flow) this.#closed(flow);
  }

  flowAt(_address: string, port: number): AccessFlow | undefined {
    return this.#open.get(port);
  }

  registered(_address: string, port: number, held: { identity: string; seconds: number } | undefined): void {
    this.told.push(`${port} ${held ? `${held.identity} ${Math.round(held.seconds)}` : 'nothing'}`);
  }

  readonly established = () => undefined;
  readonly endCalls = () => undefined;

  on(_event: 'closed', listener: (flow: AccessFlow) => void): void {
    this.#closed = listener;
  }
}

let listener: FakeListener;
let store: MemoryRegistrations;
let registrar: Registrar;
let ended: string[];

beforeEach(() => {
  jest.useFakeTimers();
  listener = new FakeListener();
  store = new MemoryRegistrations();
  registrar = new Registrar({ store, connections: listener, logger: createLogger('silent') });
  ended = [];
  registrar.on('flow-ended', (flow, why) => ended.push(`${flow.port} ${why}`));
});

afterEach(() => {
  store.close();
  jest.useRealTimers();
});

const message = (headers: Record<string, string>) => ({
  get: (name: string) => headers[name],
  getParsedHeader: () => ({ uri: aor }),
});

/** The core's registrar grants a REGISTER that came over the flow. */
async function grant(flow: Flow, contact: string, expires: number): Promise<void> {
  const request = message({ contact: `<${contact}>;expires=${expires}` }) as unknown as IncomingRequest;
  await registrar.granted(request, message({}) as unknown as IncomingResponse, flow);
}

test('G4, G20: with its last registration a flow ends, and its token leads nowhere until there is another one', async () => {
  const flow = listener.open('one', 40001);
  await grant(flow, 'sip:a@10.1.2.3', 60);
  await grant(flow, 'sip:b@10.1.2.3', 600);
  await jest.advanceTimersByTimeAsync(61_000);
  expect([ended, registrar.isGone(flow)]).toEqual([[], false]);
  await jest.advanceTimersByTimeAsync(600_000);
  expect([ended, registrar.isGone(flow)]).toEqual([['40001 expired'], true]);
  expect(listener.told).toEqual([`40001 ${aor} 60`, `40001 ${aor} 600`, `40001 ${aor} 540`, '40001 nothing']);
  await grant(flow, 'sip:a@10.1.2.3', 60);
  expect(registrar.isGone(flow)).toBe(false);
});

test('G4: a registration that is refreshed, or moved, does not expire with what it was', async () => {
  const flow = listener.open('one', 40001);
  const other = listener.open('two', 40002);
  await grant(flow, 'sip:a@10.1.2.3', 60);
  await grant(flow, 'sip:a@10.1.2.3', 600);
  await jest.advanceTimersByTimeAsync(90_000);
  expect(ended).toEqual([]);
  await grant(other, 'sip:a@10.1.2.3', 600);
  expect(ended).toEqual(['40001 replaced']);
  await jest.advanceTimersByTimeAsync(550_000);
  expect([ended, registrar.isGone(other)]).toEqual([['40001 replaced'], false]);
});

test('G2: what was registered over a connection ends with it, and the next one on its port is another', async () => {
  const flow = listener.open('one', 40001);
  await grant(flow, 'sip:a@10.1.2.3', 600);
  listener.close(40001);
  await jest.advanceTimersByTimeAsync(0);
  expect([ended, store.size]).toEqual([['40001 closed'], 0]);
  const next = listener.open('two', 40001);
  expect([registrar.isGone(flow), registrar.isGone(next)]).toEqual([true, false]);
});

test('G2: a 2xx that comes after its connection ended registers nothing', async () => {
  const flow = listener.open('one', 40001);
  listener.close(40001);
  await grant(flow, 'sip:a@10.1.2.3', 600);
  expect([store.size, registrar.isGone(flow), listener.told]).toEqual([0, true, []]);
});

test('G2: a flow without a connection of ours leads on until its registration is lost', async () => {
  const flow: Flow = { transport: 'udp', address: '198.51.100.2', port: 5060 };
  expect(registrar.isGone(flow)).toBe(false);
  await grant(flow, 'sip:a@198.51.100.2', 600);
  await registrar.lose(flow);
  expect([ended, registrar.isGone(flow), store.size]).toEqual([['5060 closed'], true, 0]);
});

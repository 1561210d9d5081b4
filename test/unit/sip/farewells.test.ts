import { setImmediate } from 'node:timers/promises';
import type { RequestOptions, Srf } from '../../../lib/drachtio/srf';
import type { Egress } from '../../../lib/sip/egress';
import { Farewells, type Farewell } from '../../../lib/sip/farewells';

describe('P18, G32: BYEs of calls that the SIP server has lost', () => {
  let connected: boolean;
  let sent: { uri: string; options: RequestOptions }[];
  let errands: unknown[];
  let farewells: Farewells;
  const srf = {
    get connected() {
      return connected;
    },
    send: (uri: string, options: RequestOptions) => {
      sent.push({ uri, options });
      return Promise.reject(new Error('481'));
    },
  } as unknown as Srf;

  beforeEach(() => {
    [connected, sent, errands] = [true, [], []];
    const send = (errand: unknown) => {
      errands.push(errand);
      return { proxy: 'sip:relay', headers: { 'X-Edge80-Errand': 'e' } };
    };
    farewells = new Farewells({ send } as unknown as Egress);
  });

  const farewell = (call: number, routes: string[] = []): Farewell => ({
    ...{ target: 'sip:bob@192.0.2.9', routes },
    ...{ from: '<sip:a>;tag=1', to: '<sip:b>;tag=2', callId: String(call) },
  });

  const add = (count: number) => {
    for (let call = 0; call < count; call++) farewells.add(farewell(call));
  };

  test('go along the route set, with a CSeq above all that the server can have sent', async () => {
    farewells.add(farewell(1));
    farewells.add(farewell(2, ['<sip:first;lr>', '<sip:second;lr>']));
    await farewells.send(srf);
    expect(errands).toEqual([
      { nextHop: 'sip:bob@192.0.2.9', routes: [] },
      { nextHop: 'sip:first;lr', routes: ['<sip:first;lr>', '<sip:second;lr>'] },
    ]);
    expect(sent[0]).toEqual({
      uri: 'sip:bob@192.0.2.9',
      options: {
        method: 'BYE',
        proxy: 'sip:relay',
        headers: {
          ...{ From: '<sip:a>;tag=1', To: '<sip:b>;tag=2', 'Call-ID': '1' },
          ...{ 'X-Edge80-Errand': 'e', CSeq: '2147483646 BYE' },
        },
      },
    });
    expect(farewells.size).toBe(0);
  });

  const calls = () => new Set(sent.map(({ options }) => options.headers?.['Call-ID'])).size;

  test('go 50 at a time, and each once', async () => {
    add(101);
    const sending = farewells.send(srf);
    await setImmediate();
    expect(sent).toHaveLength(50);
    await sending;
    expect([sent.length, calls()]).toEqual([101, 101]);
    await farewells.send(srf);
    expect(sent).toHaveLength(101);
  });

  test('wait where the link is lost again meanwhile', async () => {
    add(60);
    const sending = farewells.send(srf);
    connected = false;
    farewells.add(farewell(1000));
    await sending;
    expect([sent.length, farewells.size]).toEqual([50, 11]);
    connected = true;
    await farewells.send(srf);
    expect(calls()).toBe(61);
  });

  test('of 10,000 calls are kept, also where those of before are still there', async () => {
    add(10_001);
    expect(farewells.size).toBe(10_000);
    const sending = farewells.send(srf);
    connected = false;
    add(9_990);
    await sending;
    expect([sent.length, farewells.size]).toEqual([50, 10_000]);
  });
});

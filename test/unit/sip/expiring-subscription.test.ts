import { EventEmitter } from 'node:events';
import type { IncomingResponse, ResponseSender } from '../../../lib/drachtio/messages';
import type { Srf } from '../../../lib/drachtio/srf';
import { CoreRequests } from '../../../lib/sip/core-requests';
import type { Registrar } from '../../../lib/sip/registrar';
import { Subscriptions } from '../../../lib/sip/subscriptions';
import type { Target } from '../../../lib/sip/target';
import { noConnections } from '../../../lib/sip/ue-connections';
import type { UePolicy } from '../../../lib/sip/ue-policy';
import { shareLimits } from '../../../lib/shares/limits';
import { receivedInvite } from './received-request';

const policy: UePolicy = {
  request: (_to, headers) => headers,
  response: (_to, headers) => headers,
  carriage: () => ({}),
  admits: () => true,
};

const target = {
  ...{ uri: 'sip:bob@ims.example', policy, ue: 'alice@ims.example', isEmergency: false },
  way: () => ({ proxy: 'sip:192.0.2.9', headers: {} }),
  flow: { transport: 'udp', address: '192.0.2.1', port: 5070 },
} as unknown as Target;

/** A server that answers each request with 200 and this expiry, and sends nothing by itself. */
function subscriptionsWith(expires: () => number): Subscriptions {
  const answer = () =>
    Object.assign(receivedInvite({ Expires: String(expires()) }), { status: 200, reason: 'OK' }) as unknown;
  const srf = {
    send: () => Promise.resolve(answer() as IncomingResponse),
    sendInDialog: () => Promise.resolve(answer() as IncomingResponse),
  } as unknown as Srf;
  return new Subscriptions({
    ...{ srf, connections: noConnections, toCore: new Set<string>(), mostOfUe: 10 },
    registrar: new EventEmitter() as unknown as Registrar,
    egress: { subscribed: () => undefined },
    coreRequests: new CoreRequests(shareLimits()),
  });
}

const response = { send: () => undefined, finalResponseSent: false } as unknown as ResponseSender;

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['setImmediate'] });
});

afterEach(() => {
  jest.useRealTimers();
});

test('X7: a subscription that is not refreshed ends 32 s after its expiry, with its timer', async () => {
  const subscriptions = subscriptionsWith(() => 10);
  await subscriptions.subscribe(receivedInvite(), response, { from: 'access', target });
  jest.advanceTimersByTime(41_000);
  expect(subscriptions.size).toBe(1);
  jest.advanceTimersByTime(2000);
  expect([subscriptions.size, jest.getTimerCount()]).toEqual([0, 0]);
});

test('a refresh puts off its end by the new expiry', async () => {
  let expires = 10;
  const subscriptions = subscriptionsWith(() => expires);
  await subscriptions.subscribe(receivedInvite(), response, { from: 'access', target });
  expires = 100;
  const refresh = receivedInvite(
    { To: '<sip:bob@ims.example>;tag=b' },
    { method: 'SUBSCRIBE', stackDialogId: 'c;from-tag=a' },
  );
  expect(await subscriptions.inDialog(refresh, response)).toBe(true);
  jest.advanceTimersByTime(131_000);
  expect(subscriptions.size).toBe(1);
  jest.advanceTimersByTime(2000);
  expect(subscriptions.size).toBe(0);
});

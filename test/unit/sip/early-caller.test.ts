import type { Headers, ParsedMessage } from '../../../lib/drachtio/messages';
import type { RequestOptions } from '../../../lib/drachtio/srf';
import { earlyCaller } from '../../../lib/sip/early-caller';
import type { SipEdge } from '../../../lib/sip/sip-edge';
import { receivedInvite } from './received-request';

const progress = { get: () => '<sip:bob@ims.example>;tag=ours' } as unknown as ParsedMessage;
const egress = {
  entry: (address: string) => (address === '127.0.0.2' ? '127.0.0.2:7000' : undefined),
  send: ({ nextHop }: { nextHop: string }) => ({ proxy: `by relay to ${nextHop}`, headers: {} }),
};

function callerOf(headers: Headers, side: 'access' | 'core') {
  const sent: (RequestOptions & { uri: string })[] = [];
  const srf = { send: (uri: string, options: RequestOptions) => Promise.resolve(void sent.push({ uri, ...options })) };
  const edge = { srf, egress } as unknown as SipEdge;
  return { sent, caller: earlyCaller(edge, side, receivedInvite(headers), progress) };
}

const relay = '<sip:127.0.0.2:7000;lr>';

test.each<[string, 'access' | 'core', Headers, string | undefined]>([
  ['without a Record-Route, where it came from', 'access', {}, 'sip:192.0.2.1:5070;transport=udp'],
  [
    'by its own connection alone, over that',
    'access',
    { 'Record-Route': '<sip:192.0.2.1:5070;transport=udp;lr>' },
    'sip:192.0.2.1:5070;transport=udp',
  ],
  ['by a proxy of a UE, nowhere', 'access', { 'Record-Route': '<sip:192.0.2.5;lr>' }, undefined],
  [
    'by a proxy of the core, by the relay',
    'core',
    { 'Record-Route': '<sip:192.0.2.5;lr>' },
    'by relay to sip:192.0.2.5;lr',
  ],
  ['by the relay, by that', 'core', { 'Record-Route': relay }, 'by relay to sip:alice@192.0.2.1:5070'],
  ['with a Contact of TLS, nowhere', 'core', { Contact: '<sips:alice@192.0.2.1>' }, undefined],
])('a request goes to a caller that came %s', async (_what, side, headers, proxy) => {
  const { sent, caller } = callerOf(headers, side);
  await caller?.request({ method: 'UPDATE' });
  expect(sent.map((each) => each.proxy)).toEqual(proxy === undefined ? [] : [proxy]);
});

test('a request has the identifiers of the dialog and a CSeq below that of the INVITE, as long as there is one', async () => {
  const { sent, caller } = callerOf({ CSeq: '1 INVITE' }, 'access');
  await caller?.request({ method: 'UPDATE' });
  await caller?.request({ method: 'INFO', headers: { 'Content-Type': 'text/plain' }, body: 'x' });
  const identifiers = { From: '<sip:bob@ims.example>;tag=ours', To: '<sip:alice@ims.example>;tag=a', 'Call-ID': 'c' };
  expect(sent).toMatchObject([
    { uri: 'sip:alice@192.0.2.1:5070', headers: { ...identifiers, CSeq: '0 UPDATE' } },
    { headers: { ...identifiers, CSeq: '1 INFO', 'Content-Type': 'text/plain' }, body: 'x' },
  ]);
  await expect(caller?.request({ method: 'UPDATE' })).rejects.toMatchObject({ code: 'sip-unsent', retryAfter: 5 });
});

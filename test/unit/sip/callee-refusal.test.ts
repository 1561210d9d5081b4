import type { IncomingResponse } from '../../../lib/drachtio/messages';
import { calleeRefusal, type RefusedInvite } from '../../../lib/sip/callee-refusal';

/** A response of the callee, or with `bySelf` one that the SIP server made itself. */
function response(status: number, headers: Record<string, string> = {}, bySelf = false): IncomingResponse {
  const values = new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  const all = Object.fromEntries(values);
  return {
    ...{ status, reason: bySelf ? 'Service Unavailable' : '', body: '', headers: all },
    get: (name: string) => values.get(name.toLowerCase()),
    has: (name: string) => values.has(name.toLowerCase()),
    source_address: bySelf ? undefined : '192.0.2.9',
  } as unknown as IncomingResponse;
}

const toUe: RefusedInvite = { callee: 'access', uri: 'sip:bob@ims.example', nextHop: '', sawProvisional: false };
const toCore: RefusedInvite = { ...toUe, callee: 'core', nextHop: 'sip:192.0.2.2' };

test('a refusal passes with its status', () => {
  expect(calleeRefusal(response(486), toUe)).toMatchObject({ cause: 'rejected', final: { status: 486 } });
});

test('RFC 4028 §7.1: of a 422 the caller learns the shortest interval that the callee takes', () => {
  const { final } = calleeRefusal(response(422, { 'Min-SE': '1800' }), toCore);
  expect(final.headers?.['Min-SE']).toBe('1800');
  expect(calleeRefusal(response(486, { 'Min-SE': '1800' }), toCore).final.headers?.['Min-SE']).toBeUndefined();
});

test('G25: where else to go is told, to a UE without addresses of the core', () => {
  const moved = response(302, { Contact: '<sip:carol@192.0.2.77>' });
  expect(calleeRefusal(moved, toCore).final.headers?.['Contact']).toBe('<sip:carol@ims.example>');
  expect(calleeRefusal(moved, toUe).final.headers?.['Contact']).toBe('<sip:carol@192.0.2.77>');
});

test('a callee that the server could not reach: its flow is lost, unless it rang; of the core the operator is told', () => {
  const unreached = response(503, {}, true);
  expect(calleeRefusal(unreached, toUe)).toEqual({ cause: 'flow-failed', final: { status: 430 } });
  const rang = calleeRefusal(unreached, { ...toUe, sawProvisional: true });
  expect([rang.cause, rang.final.status]).toEqual(['rejected', 503]);
  expect(() => calleeRefusal(unreached, toCore)).toThrow(expect.objectContaining({ code: 'core-unreachable' }));
});

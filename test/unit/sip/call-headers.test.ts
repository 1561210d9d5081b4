import { CallHeaders } from '../../../lib/sip/call-headers';
import type { UePolicy } from '../../../lib/sip/ue-policy';
import { DialogIndex } from '../../../lib/sip/dialog-index';

const marking: UePolicy = {
  request: (to, headers) => ({ ...headers, 'X-Request-To': to }),
  response: (to, headers) => ({ ...headers, 'X-Response-To': to }),
  carriage: () => ({}),
  admits: () => true,
};

test('headers of a call undergo its policy', () => {
  const headers = new CallHeaders(marking, new DialogIndex());
  expect(headers.request('core', 'INFO', { Subject: 'a' })).toEqual({ Subject: 'a', 'X-Request-To': 'core' });
  expect(headers.response('access', 'INFO', 200, {})).toEqual({ 'X-Response-To': 'access' });
});

test.each([
  ['INVITE', 180, true],
  ['INVITE', 200, true],
  ['INVITE', 100, false],
  ['INVITE', 302, false],
  ['UPDATE', 200, true],
  ['UPDATE', 491, false],
  ['INFO', 200, false],
] as const)('a response to %s, %i, has our Contact: %s', (method, status, has) => {
  const calls = new CallHeaders(marking, new DialogIndex());
  calls.learnContact('access', '<sip:us@access>');
  const headers = calls.response('access', method, status, {});
  expect(headers['Contact']).toBe(has ? '<sip:us@access>' : undefined);
});

test('our Contact toward a side is the one that the server uses there, else left to the server', () => {
  const headers = new CallHeaders(marking, new DialogIndex());
  expect(headers.request('core', 'INVITE', {})['Contact']).toBeUndefined();
  headers.learnContact('core', '<sip:server@core>');
  expect(headers.request('core', 'UPDATE', {})['Contact']).toBe('<sip:server@core>');
  expect(headers.request('core', 'INFO', {})['Contact']).toBeUndefined();
});

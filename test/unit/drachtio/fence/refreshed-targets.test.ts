import { RefreshedTargets } from '../../../../lib/drachtio/fence/refreshed-targets';
import { SipMessage } from '../../../../lib/wire/sip-message';

let targets: RefreshedTargets;

beforeEach(() => {
  targets = new RefreshedTargets(2);
});

const server = '<sip:a@ims.example>;tag=server';
const far = '<sip:b@ims.example>;tag=far';

function message(startLine: string, [from, to]: readonly [string, string], contact = '', callId = 'one'): SipMessage {
  const made = new SipMessage(startLine).add('From', from).add('To', to).add('Call-ID', callId);
  return contact === '' ? made : made.add('Contact', contact);
}

const ofFar = (method: string, contact?: string, callId?: string) =>
  message(`${method} sip:server SIP/2.0`, [far, server], contact, callId);
const ofServer = (method: string, callId?: string) => message(`${method} sip:old SIP/2.0`, [server, far], '', callId);

describe('P17: what the server sends in a dialog goes to the target that the far end named last (RFC 3261 §12.2)', () => {
  test.each(['INVITE', 'UPDATE', 'NOTIFY', 'REFER', 'SUBSCRIBE'])('in a request: %s', (method) => {
    targets.requestToServer(ofFar(method, '"B, again" <sip:new@h;x=1>;q=1'));
    expect(targets.of(ofServer('INFO'))).toBe('sip:new@h;x=1');
    expect(targets.of(ofServer('INFO', 'other'))).toBeUndefined();
  });

  test('in the 2xx to one', () => {
    targets.responseToServer(ofServer('INVITE'), message('SIP/2.0 488 No', [server, far], '<sip:refused@h>'));
    expect(targets.of(ofServer('ACK'))).toBeUndefined();
    targets.responseToServer(ofServer('INVITE'), message('SIP/2.0 200 OK', [server, far], '<sip:new@h>'));
    expect(targets.of(ofServer('ACK'))).toBe('sip:new@h');
  });

  test.each([
    ['a request that refreshes no target', 'INFO', '<sip:new@h>'],
    ['what the server cannot send to', 'INVITE', '<tel:+1>'],
    ['no Contact', 'UPDATE', ''],
  ])('but not in %s', (_, method, contact) => {
    targets.requestToServer(ofFar(method, contact));
    expect(targets.of(ofServer('INFO'))).toBeUndefined();
  });

  test('until a BYE, and for so many dialogs', () => {
    for (const callId of ['one', 'two', 'three']) targets.requestToServer(ofFar('INVITE', '<sip:new@h>', callId));
    const known = () => ['one', 'two', 'three'].filter((callId) => targets.of(ofServer('INFO', callId)) !== undefined);
    expect(known()).toEqual(['two', 'three']);
    targets.requestToServer(ofFar('BYE', '', 'two'));
    expect(targets.of(ofServer('BYE', 'three'))).toBe('sip:new@h');
    expect(known()).toEqual([]);
  });
});

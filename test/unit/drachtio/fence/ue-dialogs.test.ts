import { UeDialogs } from '../../../../lib/drachtio/fence/ue-dialogs';
import { parseSipMessage, type SipMessage } from '../../../../lib/wire/sip-message';

const ue = '<sip:alice@ims.example>';
const peer = '<sip:bob@ims.example>';

/** Which side sent it decides whose tag stands in From. */
function message(from: 'ue' | 'server', startLine: string, method: string, given: Record<string, string> = {}) {
  const [near, far] = from === 'ue' ? [ue, peer] : [peer, ue];
  const [nearTag, farTag] = from === 'ue' ? [';tag=u', ';tag=s'] : [';tag=s', ';tag=u'];
  const headers = {
    Via: 'SIP/2.0/TCP 192.0.2.1;branch=z9hG4bK1',
    From: near + nearTag,
    To: far + farTag,
    'Call-ID': 'c1',
    CSeq: `1 ${method}`,
    ...given,
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return parseSipMessage(`${startLine}\r\n${lines.join('')}\r\n`)!.message;
}

const request = (from: 'ue' | 'server', method: string, given?: Record<string, string>): SipMessage =>
  message(from, `${method} sip:x@ims.example SIP/2.0`, method, given);
/** To a request of that side. */
const response = (to: 'ue' | 'server', status: number, method: string, given?: Record<string, string>): SipMessage =>
  message(to, `SIP/2.0 ${status} Test`, method, given);

let dialogs: UeDialogs;
let sent: string[];
let refused: string[];

beforeEach(() => {
  sent = [];
  refused = [];
  dialogs = new UeDialogs({
    limit: 3,
    heldBytes: 1000,
    send: ({ method, body }) => void sent.push(`${method} ${body}`),
    refuse: ({ method }, { status }) => void refused.push(`${method} ${status}`),
    begun: () => undefined,
    forgotten: () => undefined,
  });
});
afterEach(() => dialogs.close());

const statusOf = (method: string, given?: Record<string, string>) =>
  dialogs.refusal(request('ue', method, given))?.status;

/** Methods inside a dialog that drachtio-server makes requests outside of one, or never answers, while it is early. */
const unbearable = ['INFO', 'MESSAGE', 'OPTIONS', 'SUBSCRIBE', 'NOTIFY', 'PUBLISH', 'REFER', 'REGISTER', 'FETCH'];
const bearable = ['BYE', 'PRACK', 'UPDATE'];

const begin = {
  'a call of the UE': () => dialogs.requestFromUe(request('ue', 'INVITE', { To: peer })),
  'a call to the UE': () => dialogs.requestFromServer(request('server', 'INVITE', { To: ue })),
  'a subscription of the UE': () => dialogs.requestFromUe(request('ue', 'SUBSCRIBE', { To: peer })),
  'a subscription to the UE': () => dialogs.requestFromServer(request('server', 'SUBSCRIBE', { To: ue })),
};

const confirm = {
  'a call of the UE': () => dialogs.responseFromServer(response('ue', 200, 'INVITE')),
  'a call to the UE': () => dialogs.requestFromServer(request('server', 'ACK')),
  'a subscription of the UE': () => dialogs.responseFromServer(response('ue', 202, 'SUBSCRIBE')),
  'a subscription to the UE': () => dialogs.established({ callId: 'c1', ueTag: 'u', serverTag: 's' }),
};

const kinds = Object.keys(begin) as (keyof typeof begin)[];

describe.each(kinds)('G31: %s', (kind) => {
  test.each([...unbearable, 'INVITE', 'ACK'])('that has no 2xx: %s waits for it', (method) => {
    begin[kind]();
    if (kind === 'a subscription to the UE' && method === 'NOTIFY') {
      for (let n = 0; n < 4; n++) expect(dialogs.hold(request('ue', method))).toBe(true);
    }
    expect(dialogs.hold(request('ue', method))).toBe(false);
    expect(statusOf(method)).toBe(500);
    expect(dialogs.refusal(request('ue', method))?.headers).toEqual({ 'Retry-After': '1' });
  });

  test.each([...unbearable, 'ACK'])('%s without a To tag is none outside of dialogs', (method) => {
    begin[kind]();
    expect(statusOf(method, { To: peer })).toBe(500);
    confirm[kind]();
    expect(statusOf(method, { To: peer })).toBe(481);
  });

  test('another INVITE without a To tag is another fork', () => {
    begin[kind]();
    expect(statusOf('INVITE', { To: peer })).toBeUndefined();
  });

  test.each(bearable)('that has no 2xx: %s passes', (method) => {
    begin[kind]();
    expect(statusOf(method)).toBeUndefined();
  });

  test.each([...unbearable, 'INVITE'])('that has one: %s passes', (method) => {
    begin[kind]();
    confirm[kind]();
    expect(statusOf(method)).toBeUndefined();
  });

  test.each(unbearable)('of which another fork has one: %s gets 481', (method) => {
    begin[kind]();
    confirm[kind]();
    expect(statusOf(method, { To: `${peer};tag=other` })).toBe(481);
    expect(statusOf(method, { From: `${ue};tag=other` })).toBe(481);
  });

  test('that a BYE has ended', () => {
    begin[kind]();
    confirm[kind]();
    dialogs.requestFromServer(request('server', 'BYE'));
    expect(statusOf('INFO')).toBe(481);
  });
});

describe('G31: what does not confirm a dialog', () => {
  test.each([100, 183, 199])('a %i to its INVITE', (status) => {
    begin['a call of the UE']();
    dialogs.responseFromServer(response('ue', status, 'INVITE'));
    expect(statusOf('INFO')).toBe(500);
  });

  test('a 200 to another request of the call', () => {
    begin['a call of the UE']();
    dialogs.responseFromServer(response('ue', 200, 'PRACK'));
    expect(statusOf('INFO')).toBe(500);
  });

  test('its refusal', () => {
    begin['a call of the UE']();
    dialogs.responseFromServer(response('ue', 486, 'INVITE'));
    expect(statusOf('INFO')).toBe(481);
  });
});

test('G31: a dialog that was never begun here gets 481, or the SIP server’s own answer to a re-INVITE', () => {
  expect(statusOf('INFO')).toBe(481);
  expect(statusOf('INVITE')).toBeUndefined();
});

describe('G31: a response of the UE after its final one to an INVITE', () => {
  const passes = (status: number, given?: Record<string, string>) =>
    dialogs.responseFromUe(response('server', status, 'INVITE', given));

  test.each([100, 180, 183, 302, 486, 603])('a %i does not pass after a 200, whatever its tag', (status) => {
    begin['a call to the UE']();
    expect([passes(180), passes(200), passes(status), passes(status, { To: `${ue};tag=other` })]).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });

  test('a 2xx does: it is repeated, or of another fork', () => {
    begin['a call to the UE']();
    expect([passes(200), passes(200), passes(200, { To: `${ue};tag=fork` })]).toEqual([true, true, true]);
  });

  test('the 487 to a call that was cancelled passes after the 200 to the CANCEL', () => {
    begin['a call to the UE']();
    expect(passes(180)).toBe(true);
    expect(dialogs.responseFromUe(response('server', 200, 'CANCEL'))).toBe(true);
    expect([passes(487), passes(180)]).toEqual([true, false]);
  });

  test('those to a re-INVITE, and to other requests, pass', () => {
    begin['a call to the UE']();
    passes(200);
    expect(passes(183, { Via: 'SIP/2.0/TCP 192.0.2.1;branch=z9hG4bK-again' })).toBe(true);
    expect(dialogs.responseFromUe(response('server', 180, 'INVITE', { 'Call-ID': 'c2' }))).toBe(true);
  });
});

describe('RFC 6665 §4.1.2.4: a NOTIFY that overtakes the answer to its SUBSCRIBE', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  test('goes on once the dialog is established, and not to another', () => {
    begin['a subscription to the UE']();
    dialogs.hold(request('ue', 'NOTIFY'));
    dialogs.hold(request('ue', 'NOTIFY', { To: `${peer};tag=forged` }));
    expect(sent).toEqual([]);
    confirm['a subscription to the UE']();
    expect(sent).toEqual(['NOTIFY ']);
    jest.runAllTimers();
    expect(refused).toEqual(['NOTIFY 500']);
  });

  test('N3: waits only while there is room for its bytes, and makes room when it goes on', () => {
    begin['a subscription to the UE']();
    const large = () => Object.assign(request('ue', 'NOTIFY'), { raw: 'x'.repeat(600) });
    expect([dialogs.hold(large()), dialogs.hold(large())]).toEqual([true, false]);
    expect(dialogs.refusal(large())?.status).toBe(500);
    confirm['a subscription to the UE']();
    dialogs.requestFromServer(request('server', 'SUBSCRIBE', { To: ue, 'Call-ID': 'c2' }));
    const other = () => Object.assign(request('ue', 'NOTIFY', { 'Call-ID': 'c2' }), { raw: 'x'.repeat(600) });
    expect(dialogs.hold(other())).toBe(true);
    dialogs.close();
    begin['a subscription to the UE']();
    expect(dialogs.hold(large())).toBe(true);
  });

  test('gets 500 where that takes too long, and nothing once all is over', () => {
    begin['a subscription to the UE']();
    dialogs.hold(request('ue', 'NOTIFY'));
    jest.advanceTimersByTime(2000);
    expect(refused).toEqual(['NOTIFY 500']);
    dialogs.hold(request('ue', 'NOTIFY'));
    dialogs.close();
    jest.runAllTimers();
    expect([sent, refused]).toEqual([[], ['NOTIFY 500']]);
  });
});

test('requests outside of dialogs pass', () => {
  for (const method of [...unbearable, 'INVITE']) expect(statusOf(method, { To: peer })).toBeUndefined();
});

test('beyond the limit the oldest is forgotten, and counts as unknown', () => {
  begin['a call of the UE']();
  confirm['a call of the UE']();
  for (const id of ['c2', 'c3', 'c4']) dialogs.requestFromUe(request('ue', 'INVITE', { To: peer, 'Call-ID': id }));
  expect(statusOf('INFO')).toBe(481);
  expect(statusOf('INFO', { 'Call-ID': 'c2' })).toBe(500);
});

import { sdp } from './fake-anchor';
import { calleeDialog, callerDialog, type Message, type SipPeer } from './sip-peer';
import { TestEdge } from './test-edge';

/*
 * Each message of a scenario carries all of these headers, spelled in any case, as a peer without manners would send
 * them. What arrives on the other side is what the lists below say, and nothing else.
 */

type To = 'core' | 'ue';

/** Pass both ways, in requests and in responses. */
const everywhere = {
  Accept: 'application/sdp',
  'Accept-Encoding': 'gzip',
  'Accept-Language': 'en',
  'Alert-Info': '<urn:alert:service:call-waiting>',
  Allow: 'INVITE, ACK, BYE, CANCEL, INFO, MESSAGE',
  'Allow-Events': 'presence',
  'Answer-Mode': 'Manual',
  'Call-Info': '<cid:icon@ue.example>;purpose=icon',
  'Content-Disposition': 'render',
  'Content-ID': '<1@ue.example>',
  'Content-Language': 'en',
  'Contribution-ID': 'abcdef-1',
  'Conversation-ID': 'abcdef-2',
  Date: 'Sat, 13 Nov 2027 23:29:00 GMT',
  Event: 'presence',
  Expires: '600',
  'InReplyTo-Contribution-ID': 'abcdef-3',
  'MIME-Version': '1.0',
  Organization: 'Example',
  'P-Early-Media': 'supported',
  'Priv-Answer-Mode': 'Auto',
  Privacy: 'none',
  Reason: 'SIP;cause=580;text="Preconditions"',
  'Recv-Info': 'dtmf',
  'Session-ID': 'ab30317f1a784dc48ff824d0d3715d86;remote=00000000000000000000000000000000',
  'User-to-User': '56a390f3d2b7310023a;encoding=hex',
};

/** Pass both ways, in requests. */
const requests = {
  'Accept-Contact': '*;mobility="mobile"',
  Geolocation: '<cid:target@ue.example>',
  'Geolocation-Routing': 'yes',
  Identity: 'sig;info=<https://cert.example/passport.cer>;alg=ES256',
  'In-Reply-To': '70710',
  'Info-Package': 'dtmf',
  Join: '98732;from-tag=r33;to-tag=44',
  'Max-Breadth': '60',
  Priority: 'normal',
  'Refer-To': '<sip:carol@ims.example>',
  'Referred-By': '<sip:dave@ims.example>',
  'Reject-Contact': '*;automata',
  Replaces: '98733;from-tag=r33;to-tag=44',
  'Request-Disposition': 'no-fork',
  'SIP-If-Match': 'dx200',
  Subject: 'lunch',
  'Subscription-State': 'active;expires=60',
  'Suppress-If-Match': 'dx201',
  'Target-Dialog': '98734;local-tag=1;remote-tag=2',
  'Trigger-Consent': 'sip:123@relay.example;target-uri="sip:friends@relay.example"',
};

/** Pass both ways, in responses. */
const responses = {
  'Geolocation-Error': '100;code="Cannot Process Location"',
  'Min-Expires': '60',
  'Permission-Missing': 'userC@example.com',
  'Retry-After': '18',
};

const ofUes = {
  requests: {
    Authorization: 'Digest username="bob", realm="ims.example", nonce="1", uri="sip:ims.example", response="2"',
    'P-Access-Network-Info': 'IEEE-802.11',
    'P-Preferred-Service': 'urn:urn-7:3gpp-service.ims.icsi.mmtel',
    'Policy-ID': 'sip:policy.example;non-cacheable',
    'Proxy-Authorization': 'Digest username="bob", realm="ims.example", nonce="3", uri="sip:ims.example", response="4"',
    'User-Agent': 'Softphone/1.0',
  },
  responses: {
    'P-Access-Network-Info': 'IEEE-802.11',
    'SIP-ETag': 'dx202',
    Server: 'Softphone/2.0',
    'User-Agent': 'Softphone/1.0',
  },
};

const assertions = {
  'Additional-Identity': '<sip:office@ims.example>',
  'Feature-Caps': '*;+g.3gpp.srvcc-alerting',
  'P-Answer-State': 'Confirmed',
  'P-Asserted-Identity': '<sip:asserted@ims.example>',
  'Remote-Party-ID': '<sip:carol@ims.example>;party=calling;privacy=off',
  'Resource-Priority': 'dsn.flash',
  'SIP-ETag': 'dx203',
};

const ofTheCore = {
  requests: { ...assertions, 'P-Called-Party-ID': '<sip:alice@ims.example>' },
  responses: {
    ...assertions,
    'Accept-Resource-Priority': 'dsn.flash',
    'Authentication-Info': 'nextnonce="5"',
    'Flow-Timer': '110',
    'P-Associated-URI': '<sip:alice@ims.example>',
    'P-Refused-URI-List': '<sip:friends@ims.example>',
    'Policy-Contact': '<sip:policy@ims.example>',
    'Proxy-Authenticate': 'Digest realm="ims.example", nonce="6"',
    'WWW-Authenticate': 'Digest realm="ims.example", nonce="7"',
  },
};

/** Of a hop, between servers alone, or of nobody. */
const never = {
  'Attestation-Info': 'A',
  'Cellular-Network-Info': '3GPP-E-UTRAN',
  'DC-Info': 'x',
  Diversion: '<sip:erin@ims.example>;reason=unconditional',
  'History-Info': '<sip:erin@192.0.2.77>;index=1',
  'Identity-Info': '<https://cert.example/a.cer>;alg=rsa-sha1',
  'Origination-Id': '123e4567-e89b-12d3-a456-426655440000',
  'P-Asserted-Service': 'urn:urn-7:3gpp-service.ims.icsi.mmtel',
  'P-Charge-Info': '<sip:charged@ims.example>',
  'P-Charging-Function-Addresses': 'ccf=192.0.2.78',
  'P-DCS-LAES': '192.0.2.79:5060',
  'P-DCS-Trace-Party-ID': '<sip:x@ims.example>',
  'P-Media-Authorization': '0020000100100101706466322e787878',
  'P-Private-Network-Indication': 'ims.example',
  'P-Profile-Key': '<sip:x!.*!@ims.example>',
  'P-Served-User': '<sip:served@ims.example>;sescase=orig',
  'P-User-Database': '<aaa://hss.example>',
  'P-Vendor-Extension': 'y',
  'Priority-Share': 'allowed',
  'Relayed-Charge': 'x',
  'Resource-Share': 'media-sharing',
  'Response-Source': 'fe=<urn:3gpp:fe:s-cscf>',
  'Restoration-Info': 'noresponse',
  'Security-Client': 'tls',
  'Security-Server': 'tls',
  'Security-Verify': 'tls',
  'Service-Interact-Info': 'x',
  'X-Anything': '192.0.2.80',
  'X-Edge80-Errand': 'guessed',
  'x-asterisk-hangupcause': 'Normal Clearing',
};

const all: Record<string, string> = {
  ...{ ...everywhere, ...requests, ...responses, ...never },
  ...{ ...ofUes.requests, ...ofUes.responses, ...ofTheCore.requests, ...ofTheCore.responses },
};

const spelled: Record<string, string> = Object.fromEntries(
  Object.entries(all).map(([name, value], i) => [[name, name.toLowerCase(), name.toUpperCase()][i % 3] ?? name, value]),
);

/** What of the headers a message to a side should have. */
function expected(to: To, message: Message): string[] {
  const kind = message.status > 0 ? 'responses' : 'requests';
  const common = kind === 'requests' ? requests : responses;
  const asserted = to === 'core' ? ['P-Asserted-Identity'] : [];
  const own = Object.keys((to === 'core' ? ofUes : ofTheCore)[kind]);
  return [...Object.keys(everywhere), ...Object.keys(common), ...own, ...asserted].sort();
}

/** `besides`: headers that this kind of message has for reasons of its own, or cannot have. */
function check(to: To, message: Message, besides: string[] = []): void {
  const compared = Object.keys(all).filter((name) => !besides.includes(name));
  const present = compared.filter((name) => valuesOf(message, name).length > 0).sort();
  expect([message.startLine, ...present]).toEqual([
    message.startLine,
    ...expected(to, message).filter((name) => !besides.includes(name)),
  ]);
  for (const name of present) {
    const values = valuesOf(message, name);
    expect([name, values]).toEqual([name, [to === 'core' && name === 'P-Asserted-Identity' ? values[0] : all[name]]]);
  }
  expect(message.raw).not.toMatch(/192\.0\.2\.(7\d|80)|guessed|charged|served@|fe=/);
}

function valuesOf(message: Message, name: string): string[] {
  const [head = ''] = message.raw.split('\r\n\r\n');
  return head.split('\r\n').flatMap((line) => {
    const colon = line.indexOf(':');
    return line.slice(0, colon).trim().toLowerCase() === name.toLowerCase() ? [line.slice(colon + 1).trim()] : [];
  });
}

const without = (...names: string[]) =>
  Object.fromEntries(Object.entries(spelled).filter(([name]) => !names.includes(name.toLowerCase())));

let edge: TestEdge;
let core: SipPeer;
let ue: SipPeer;
let path: string;

beforeAll(async () => {
  edge = await TestEdge.start({ fronted: true });
  core = edge.coreNextHop;
  ue = await edge.stranger();
  path = await edge.register(ue);
});

afterAll(async () => {
  await edge.close();
});

const toUe = 'sip:alice@ims.example';

test('N5: a call of a UE, and what both ends send in it', async () => {
  const invite = ue.request('INVITE', 'sip:bob@ims.example', spelled, sdp('offer'));
  const arrived = await core.next('INVITE');
  check('core', arrived);
  core.respond(arrived, 180, without('retry-after'), '', 'Ringing');
  check('ue', await ue.next('180 INVITE'), ['Retry-After']);
  core.respond(arrived, 200, spelled, sdp('answer'));
  await core.next('ACK');
  const ok = await ue.next('200 INVITE');
  check('ue', ok);
  ue.ack(invite, ok);
  const caller = callerDialog(invite, ok);
  const callee = calleeDialog(arrived, core);
  ue.inDialog(caller, 'INFO', spelled);
  const info = await core.next('INFO');
  check('core', info);
  core.respond(info, 200, spelled);
  check('ue', await ue.next('200 INFO'));
  core.inDialog(callee, 'INFO', spelled);
  const back = await ue.next('INFO');
  check('ue', back);
  ue.respond(back, 200, spelled);
  check('core', await core.next('200 INFO'));
  ue.inDialog(caller, 'INVITE', spelled, sdp('second'));
  const again = await core.next('INVITE');
  check('core', again);
  core.respond(again, 488, spelled);
  await core.next('ACK');
  check('ue', await ue.next('488 INVITE'));
  ue.inDialog(caller, 'BYE');
  core.respond(await core.next('BYE'), 200);
  await ue.next('200 BYE');
});

test('N5: a call to a UE', async () => {
  const invite = core.request('INVITE', toUe, { ...spelled, Route: path }, sdp('offer'));
  const arrived = await ue.next('INVITE');
  check('ue', arrived);
  ue.respond(arrived, 183, without('retry-after'), sdp('early'), 'Progress');
  check('core', await core.next('183 INVITE'), ['Retry-After']);
  ue.respond(arrived, 200, spelled, sdp('answer'));
  await ue.next('ACK');
  const ok = await core.next('200 INVITE');
  check('core', ok);
  core.ack(invite, ok);
  core.inDialog(callerDialog(invite, ok), 'BYE');
  ue.respond(await ue.next('BYE'), 200);
  await core.next('200 BYE');
});

test.each([486, 603])('N5: a call that is refused with %i', async (status) => {
  ue.request('INVITE', 'sip:bob@ims.example', spelled, sdp('offer'));
  core.respond(await core.next('INVITE'), status, spelled);
  check('ue', await ue.next(`${status} INVITE`));
});

test.each(['MESSAGE', 'PUBLISH', 'OPTIONS', 'INFO'])('N5: %s, both ways', async (method) => {
  ue.request(method, 'sip:bob@ims.example', spelled);
  const sent = await core.next(method);
  check('core', sent);
  core.respond(sent, 200, spelled);
  check('ue', await ue.next(`200 ${method}`));
  core.request(method, toUe, { ...spelled, Route: path });
  const got = await ue.next(method);
  check('ue', got);
  ue.respond(got, 404, spelled);
  check('core', await core.next(`404 ${method}`));
});

test('N5: a subscription and its NOTIFY', async () => {
  ue.request('SUBSCRIBE', toUe, spelled);
  const arrived = await core.next('SUBSCRIBE');
  check('core', arrived);
  core.respond(arrived, 200, spelled);
  check('ue', await ue.next('200 SUBSCRIBE'));
  core.inDialog(calleeDialog(arrived, core), 'NOTIFY', spelled);
  const notify = await ue.next('NOTIFY');
  check('ue', notify);
  ue.respond(notify, 200, spelled);
  check('core', await core.next('200 NOTIFY'));
});

test('N5: a registration, challenged and granted', async () => {
  // A phone that has been challenged by nobody may not say who it is (RFC 3261 §22.3), and its Contact has an expiry.
  const own = ['Authorization', 'Proxy-Authorization', 'P-Asserted-Identity', 'Expires'];
  ue.request('REGISTER', 'sip:ims.example', { ...spelled, To: '<sip:alice@ims.example>' });
  const first = await core.next('REGISTER');
  check('core', first, own);
  expect(valuesOf(first, 'Proxy-Authorization')).toEqual([]);
  core.respond(first, 401, spelled);
  check('ue', await ue.next('401 REGISTER'));
  ue.request('REGISTER', 'sip:ims.example', { ...spelled, To: '<sip:alice@ims.example>' });
  const second = await core.next('REGISTER');
  core.respond(second, 200, { ...spelled, Contact: `${second.header('Contact')};expires=600` });
  check('ue', await ue.next('200 REGISTER'));
});

test('RFC 3261 §7.3.3: compact forms pass as the headers that they are', async () => {
  const compact = {
    a: '*;mobility="mobile"',
    b: '<sip:dave@ims.example>',
    d: 'no-fork',
    e: 'identity',
    j: '*;automata',
    o: 'presence',
    r: '<sip:carol@ims.example>',
    s: 'lunch',
    u: 'presence',
    y: 'sig;info=<https://cert.example/passport.cer>;alg=ES256',
    k: 'replaces',
    n: '<https://cert.example/a.cer>;alg=rsa-sha1',
  };
  ue.request('MESSAGE', 'sip:bob@ims.example', { ...compact, 'Content-Type': 'text/plain' }, 'hi');
  const arrived = await core.next('MESSAGE');
  expect(arrived.body).toBe('hi');
  const long = ['Accept-Contact', 'Referred-By', 'Request-Disposition', 'Content-Encoding', 'Reject-Contact', 'Event'];
  const others = ['Refer-To', 'Subject', 'Allow-Events', 'Identity', 'Supported'];
  for (const [i, name] of [...long, ...others].entries()) {
    const value = Object.values(compact)[i];
    expect([name, valuesOf(arrived, name)]).toEqual([name, [value]]);
  }
  expect(arrived.raw).not.toContain('rsa-sha1');
  core.respond(arrived, 200);
  await ue.next('200 MESSAGE');
});

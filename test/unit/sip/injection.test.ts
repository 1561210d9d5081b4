import { sdp } from './fake-anchor';
import { callerDialog, type Message, type SipPeer } from './sip-peer';
import { TestEdge } from './test-edge';

/*
 * Headers that try to become other headers on their way through the edge. The one to be smuggled in is one that
 * the edge takes out where it stands openly, in either direction; so whoever receives it was deceived.
 */

const evil = 'P-Asserted-Service: urn:evil';
const ofUtf8 = (text: string) => Buffer.from(text).toString('latin1');

interface Attack {
  what: string;
  /** Header lines with one character a byte. They replace those of their name. */
  lines: string[];
  /** Request-URI instead of the usual one. */
  uri?: string;
}

const from = (nameAddr: string) => `From: ${nameAddr};tag=attack`;

const attacks: Attack[] = [
  { what: 'standing openly', lines: [evil] },
  { what: 'behind a LF', lines: [`Subject: a\n${evil}`] },
  { what: 'behind a CR', lines: [`Subject: a\r${evil}`] },
  { what: 'behind a NUL', lines: [`Subject: a\0${evil}`] },
  { what: 'behind a NUL and a LF', lines: [`Subject: a\0\n${evil}`] },
  { what: 'behind CRs and a LF', lines: [`Subject: a\r\r\n${evil}`] },
  { what: 'as a folded line', lines: [`Subject: a\r\n ${evil}`] },
  { what: 'as a line folded with a tab', lines: [`Subject: a\r\n\t${evil}`] },
  { what: 'as a line folded twice', lines: [`Subject: a\r\n \r\n ${evil}`] },
  { what: 'behind a LF in a quoted display name', lines: [from(`"a\n${evil}\n" <sip:alice@ims.example>`)] },
  { what: 'behind an escaped LF in a display name', lines: [from(`"a\\\n${evil}" <sip:alice@ims.example>`)] },
  { what: 'folded in a quoted display name', lines: [from(`"a\r\n ${evil}" <sip:alice@ims.example>`)] },
  { what: 'behind a quote that ends a display name', lines: [from(`"a\\" \\\\" <sip:alice@ims.example>`)] },
  {
    what: 'behind percent escapes in the From',
    lines: [from(`<sip:alice%0d%0a${evil.replace(' ', '%20')}@ims.example>`)],
  },
  {
    what: 'behind percent escapes in a parameter',
    lines: [from(`<sip:alice@ims.example>;x=%0D%0A${evil.replace(' ', '')}`)],
  },
  {
    what: 'behind percent escapes in the Request-URI',
    lines: [],
    uri: `sip:bob%0d%0aP-Asserted-Service%3A%20urn%3Aevil@ims.example`,
  },
  { what: 'as a header of the Request-URI', lines: [], uri: `sip:bob@ims.example?P-Asserted-Service=urn%3Aevil` },
  { what: 'behind characters whose low bytes are CR and LF', lines: [ofUtf8(`Subject: a\u010d\u010a${evil}`)] },
  { what: 'behind other line ends of Unicode', lines: [ofUtf8(`Subject: a\u0085${evil}\u2028${evil}\u2029${evil}`)] },
  { what: 'behind a LF in overlong UTF-8', lines: [`Subject: a\xc0\x8a${evil}\xe0\x80\x8a${evil}`] },
  { what: 'behind bytes that are no UTF-8', lines: [`Subject: \xff\xfe\x8d\x8a${evil}`] },
  { what: 'behind vertical tab and form feed', lines: [`Subject: a\v${evil}\f${evil}`] },
  { what: 'in the name of a header', lines: [`X-A\nP-Asserted-Service: urn:evil`] },
  {
    what: 'in an escaped name',
    lines: ['Y%0D%0AP-Asserted-Service%3A%20urn%3Aevil%0D%0AY: a', 'P%2DAsserted-Service: a'],
  },
  { what: 'with a blank before the colon', lines: ['P-Asserted-Service : urn:evil', 'P-Asserted-Service\t: urn:evil'] },
  { what: 'in the body', lines: [`Content-Length: 2`, evil] },
  {
    what: 'among 300 Vias',
    lines: [...Array.from({ length: 300 }, (_, i) => `Via: SIP/2.0/TCP h${i}.example;branch=z9hG4bKx${i}`), evil],
  },
  {
    what: 'among 300 Routes',
    lines: [...Array.from({ length: 300 }, (_, i) => `Route: <sip:h${i}.example;lr>`), evil],
  },
  {
    what: 'among 300 Record-Routes',
    lines: [...Array.from({ length: 300 }, (_, i) => `Record-Route: <sip:h${i}.example;lr>`), evil],
  },
  {
    what: 'among 300 Contacts',
    lines: [...Array.from({ length: 300 }, (_, i) => `Contact: <sip:peer@h${i}.example>`), evil],
  },
  { what: 'among 1000 headers', lines: [...Array.from({ length: 1000 }, (_, i) => `X-${i}: ${i}`), evil] },
  { what: 'behind 9000 bytes', lines: [`Subject: ${'a'.repeat(9000)}`, evil] },
  { what: 'behind 60 kB', lines: [...Array.from({ length: 8 }, (_, i) => `X-${i}: ${'a'.repeat(7500)}`), evil] },
  {
    what: 'behind 8000 quotes',
    lines: [`Subject: ${'"'.repeat(8000)}`, from(`"${'\\"'.repeat(3000)}" <sip:alice@ims.example>`), evil],
  },
];

let edge: TestEdge;
let core: SipPeer;

beforeAll(async () => {
  edge = await TestEdge.start();
  core = edge.coreNextHop;
});

afterEach(async () => {
  await edge.calls.endAll('shutdown');
  core.forget();
});

afterAll(async () => {
  await edge.close();
});

let serial = 0;

/** A request or a response with the attack's headers in it. */
function attacked(startLine: string, headers: Record<string, string>, { lines }: Attack, body: string): Buffer {
  const replaced = lines.map((line) => (line.split(/[:\s]/)[0] ?? '').toLowerCase());
  const kept = Object.entries(headers).filter(([name]) => name === 'Via' || !replaced.includes(name.toLowerCase()));
  const length = replaced.includes('content-length') ? [] : [`Content-Length: ${body.length}`];
  const head = [startLine, ...kept.map(([name, value]) => `${name}: ${value}`), ...lines, ...length];
  return Buffer.from([...head, '', body].join('\r\n'), 'latin1');
}

/** Sends it and resolves with what came to the core, or undefined where the UE was refused. */
async function send(ue: SipPeer, method: string, attack: Attack): Promise<Message | undefined> {
  const id = `attack-${++serial}`;
  core.history.length = 0;
  const body = method === 'INVITE' ? sdp('offer') : method === 'MESSAGE' ? 'hello' : '';
  const uri = attack.uri ?? (method === 'REGISTER' ? 'sip:ims.example' : 'sip:bob@ims.example');
  const headers = {
    Via: ue.via(),
    'Max-Forwards': '70',
    From: '<sip:alice@ims.example>;tag=attack',
    To: method === 'REGISTER' ? '<sip:alice@ims.example>' : '<sip:bob@ims.example>',
    'Call-ID': id,
    CSeq: `1 ${method}`,
    Contact: ue.contact,
    ...(body && { 'Content-Type': method === 'INVITE' ? 'application/sdp' : 'text/plain' }),
  };
  ue.sendBytes(attacked(`${method} ${uri} SIP/2.0`, headers, attack, body));
  const atCore = () => core.history.find(({ status, method: arrived }) => status === 0 && arrived === method);
  const refused = () => ue.history.some(({ status, header }) => status >= 200 && header('Call-ID') === id);
  while (!atCore() && !refused()) await new Promise((resolve) => setImmediate(resolve));
  return atCore();
}

/** Nothing was smuggled into it, and it can be read one way only. */
function expectClean(message: Message): void {
  const [head = ''] = message.raw.split('\r\n\r\n');
  for (const line of head.split('\r\n')) {
    expect(line).not.toMatch(/[\r\n\0]/);
    expect(line).not.toMatch(/^P-Asserted-Service/i);
  }
  expect(message.startLine).toMatch(/^(SIP\/2\.0 \d{3} .*|[A-Z]+ \S+ SIP\/2\.0)$/);
  expect(message.startLine).not.toContain('?');
}

describe.each(attacks)('a header $what', (attack) => {
  test.each(['INVITE', 'MESSAGE', 'REGISTER'])('in a UE’s %s', async (method) => {
    // One user has so many Contacts.
    const ue = await edge.udpUe(`user${++serial}`);
    const arrived = await send(ue, method, attack);
    if (!arrived) return;
    expectClean(arrived);
    core.respond(arrived, 403);
    await ue.next(`403 ${method}`);
  });

  test('in the 200 of the core', async () => {
    // One user has so many Contacts.
    const ue = await edge.udpUe(`user${++serial}`);
    const invite = ue.request('INVITE', 'sip:bob@ims.example', {}, sdp('offer'));
    const arrived = await core.next('INVITE');
    const headers = {
      Via: arrived.header('Via'),
      From: arrived.header('From'),
      To: `${arrived.header('To')};tag=${core.tag}`,
      'Call-ID': arrived.header('Call-ID'),
      CSeq: arrived.header('CSeq'),
      Contact: core.contact,
      'Content-Type': 'application/sdp',
    };
    const lines = attack.lines.filter((line) => !/^(via|from|contact|record-route)/i.test(line));
    core.sendBytes(attacked('SIP/2.0 200 OK', headers, { ...attack, lines }, sdp('answer')));
    // A response that cannot be read is dropped: then comes one that can.
    core.respond(arrived, 200, {}, sdp('answer'));
    const final = await ue.next(({ status, method }) => status >= 200 && method === 'INVITE');
    expectClean(final);
    ue.ack(invite, final);
    if (final.status !== 200) return;
    ue.inDialog(callerDialog(invite, final), 'BYE');
    core.respond(await core.next('BYE'), 200);
    await ue.next('200 BYE');
    await edge.calls.settled();
  });
});

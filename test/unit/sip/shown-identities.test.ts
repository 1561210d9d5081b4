import { withShownIdentities } from '../../../lib/sip/shown-identities';
import { TestEdge } from './test-edge';

const around = { domain: 'ims.example', core: ['203.0.113.9'] };
const from = (value: string) => withShownIdentities({ From: value }, around)['From'];

test.each([
  ['"Bob" <sip:101@10.0.0.5:5060;transport=udp>;tag=1', '"Bob" <sip:101@ims.example;transport=udp>;tag=1'],
  ['sip:101@192.168.1.2;tag=1', 'sip:101@ims.example;tag=1'],
  ['<sip:101@203.0.113.9>', '<sip:101@ims.example>'],
  ['<sip:101@[fd00::5]:5060>', '<sip:101@ims.example>'],
  ['<sip:101;phone-context=x@172.16.0.1>, <tel:+1>', '<sip:101;phone-context=x@ims.example>, <tel:+1>'],
])('G21: an address of the core names no caller: %s', (value, expected) => {
  expect(from(value)).toBe(expected);
});

test.each([
  ['<sip:101@10.0.0.5;maddr=10.0.0.6>;tag=1', '<sip:101@ims.example>;tag=1'],
  ['<sip:101@home.example;maddr=10.0.0.6;user=phone>', '<sip:101@home.example;user=phone>'],
])('X11: nor does a maddr: %s', (value, expected) => {
  expect(from(value)).toBe(expected);
});

test.each(['Refer-To', 'P-Called-Party-ID'])('X11: nor is somebody named by it in %s', (name) => {
  const value = '<sip:101@10.0.0.5:5060?Replaces=1%3Bto-tag%3Da>';
  expect(withShownIdentities({ [name]: value }, around)[name]).toBe('<sip:101@ims.example?Replaces=1%3Bto-tag%3Da>');
});

test.each([
  '<sip:101@203.0.113.10>;tag=1',
  '"at sip:x@10.0.0.5x" <sip:bob@home.example:5062>',
  '<sip:anonymous@anonymous.invalid>',
  '<tel:+15551234>',
  '<sip:172.16.0.1>',
])('what may be meant outside stays: %s', (value) => {
  expect(from(value)).toBe(value);
});

test('N3: an identity is read in time that grows with its length alone', () => {
  const long = 'sip:'.repeat(250_000);
  expect(from(`<${long}101@10.0.0.5>`)).toBe(`<${long}101@ims.example>`);
  expect(from(long)).toBe(long);
});

let edge: TestEdge;

beforeAll(async () => {
  edge = await TestEdge.start({ fronted: true });
});

afterAll(async () => {
  await edge.close();
});

test('G21: whoever calls from an address of the core has the domain of the UE, and the call goes on', async () => {
  const core = edge.coreNextHop;
  const ue = await edge.stranger();
  const path = await edge.register(ue);
  const at = `sip:101@${core.address}:${core.port}`;
  core.request('MESSAGE', 'sip:alice@ims.example', {
    Route: path,
    From: `"Bob" <${at}>;tag=b`,
    'P-Asserted-Identity': `<${at}>`,
    'Reply-To': `<${at}>`,
  });
  const message = await ue.next('MESSAGE');
  expect(message.header('From')).toMatch(/^"Bob" <sip:101@ims\.example>;tag=/);
  expect(message.raw).not.toContain(core.address);
  ue.respond(message, 200);
  expect((await core.next('200 MESSAGE')).header('From')).toBe(`"Bob" <${at}>;tag=b`);
});

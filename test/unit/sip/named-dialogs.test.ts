import { DialogIndex } from '../../../lib/sip/dialog-index';
import { withDialogsOfOtherSide } from '../../../lib/sip/named-dialogs';

const access = {
  callId: 'a@ue',
  localTag: 'edge-a',
  remoteTag: 'ue',
  party: 'sip:alice@ims.example',
  contact: 'sip:198.51.100.1:5060;transport=tcp',
};
const core = {
  callId: 'c-1',
  localTag: 'edge-c',
  remoteTag: 'carol',
  party: 'sip:carol@ims.example',
  contact: 'sip:e',
};

let dialogs: DialogIndex;
let remove: () => void;

beforeEach(() => {
  dialogs = new DialogIndex();
  remove = dialogs.add(access, core);
});

const mapped = (name: string, value: string) => withDialogsOfOtherSide({ [name]: value }, dialogs)[name];

test.each([
  ['Replaces', 'a@ue;to-tag=edge-a;from-tag=ue', 'c-1;to-tag=carol;from-tag=edge-c'],
  ['replaces', 'a@ue;from-tag=ue;to-tag=edge-a;early-only', 'c-1;to-tag=carol;from-tag=edge-c;early-only'],
  ['Join', 'a@ue; to-tag=edge-a; from-tag=ue', 'c-1;to-tag=carol;from-tag=edge-c'],
  ['Target-Dialog', 'a@ue;local-tag=ue;remote-tag=edge-a', 'c-1;remote-tag=carol;local-tag=edge-c'],
  ['Replaces', 'c-1;to-tag=edge-c;from-tag=carol', 'a@ue;to-tag=ue;from-tag=edge-a'],
])('%s: %s is to the other side %s', (name, value, expected) => {
  expect(mapped(name, value)).toBe(expected);
});

test.each([
  ['an unknown call', 'Replaces', 'x@ue;to-tag=edge-a;from-tag=ue'],
  ['a dialog as its own far end names it', 'Replaces', 'a@ue;to-tag=ue;from-tag=edge-a'],
  ['a call without tags', 'Replaces', 'a@ue'],
  ['another header', 'In-Reply-To', 'a@ue'],
  ['a Refer-To without headers', 'Refer-To', '<sip:dave@ims.example>'],
  ['a Refer-To that is no name-addr', 'Refer-To', 'sip:dave@ims.example'],
  ['a broken escape', 'Refer-To', '<sip:dave@ims.example?Replaces=%E0%A4>'],
])('%s stays as it is', (_case, name, value) => {
  expect(mapped(name, value)).toBe(value);
});

const escaped = 'Replaces=a%40ue%3Bto-tag%3Dedge-a%3Bfrom-tag%3Due';
const expected = 'Replaces=c-1%3Bto-tag%3Dcarol%3Bfrom-tag%3Dedge-c';

test('Refer-To with Replaces', () => {
  expect(mapped('Refer-To', `"Carol" <sip:carol@ims.example;x=y?Subject=hi&${escaped}>;method=INVITE`)).toBe(
    `"Carol" <sip:carol@ims.example;x=y?Subject=hi&${expected}>;method=INVITE`,
  );
});

test('Refer-To with our Contact in that dialog becomes the far end’s address of record', () => {
  expect(mapped('Refer-To', `<sip:token@198.51.100.1:5060;transport=tcp?${escaped}>`)).toBe(
    `<sip:carol@ims.example?${expected}>`,
  );
});

test('no line break gets out of an escaped header', () => {
  const value = mapped('Refer-To', '<sip:c@x?Replaces=a%40ue%3Bto-tag%3Dedge-a%3Bfrom-tag%3Due%3Bz%0D%0AEvil%3A1>');
  expect(value).toContain('%0D%0AEvil');
});

test('a call that is over is forgotten', () => {
  remove();
  expect(dialogs.size).toBe(0);
  expect(mapped('Replaces', 'a@ue;to-tag=edge-a;from-tag=ue')).toBe('a@ue;to-tag=edge-a;from-tag=ue');
});

import { withHiddenExpiry } from '../../../../lib/drachtio/fence/hidden-headers';
import {
  addNote,
  headerOf,
  headersOf,
  notesIn,
  removePrivate,
  showHidden,
  takeNote,
} from '../../../../lib/drachtio/fence/hidden-headers';
import { SipMessage } from '../../../../lib/wire/sip-message';

const message = () => new SipMessage('MESSAGE sip:a SIP/2.0').add('Subject', 'x');

test('a note is written and read by its name, however its header is spelled', () => {
  const noted = message();
  addNote(noted, 'Reliable', 'required');
  noted.add(headerOf('Errand').toLowerCase(), 'e').add(headerOf('Errand').toUpperCase(), 'f');
  expect(notesIn(noted, 'Errand')).toEqual(['e', 'f']);
  expect([takeNote(noted, 'Reliable'), takeNote(noted, 'Reliable')]).toEqual(['required', undefined]);
  expect(headersOf({ Holder: 'ue a' })).toEqual({ [headerOf('Holder')]: 'ue a' });
});

test('of what parts of the edge tell each other nothing is left for others', () => {
  const noted = message();
  for (const [name, value] of Object.entries(withHiddenExpiry({ Expires: '60', Date: 'd' }))) noted.add(name, value);
  addNote(noted, 'Body', 'key');
  removePrivate(noted);
  expect(noted.headers.map(({ name }) => name)).toEqual(['Subject', 'Date']);
});

test('the expiry of a registration is for the UE alone, and each other header is for all', () => {
  const granted = { Contact: '<sip:a@10.0.0.1>;expires=60', expires: '60', Path: '<sip:p>' };
  const hiding = withHiddenExpiry(granted);
  expect(Object.keys(hiding).filter((name) => name in granted)).toEqual(['Path']);
  const shown = message();
  for (const [name, value] of Object.entries(hiding)) shown.add(name, value);
  showHidden(shown);
  expect([shown.get('contact'), shown.get('expires')]).toEqual([granted.Contact, '60']);
});

import { accountOf } from '../../../lib/shares/account';
import { identityOf } from '../../../lib/wire/uri-comparison';

test.each([
  'sip:alice@ims.example',
  'sips:alice@ims.example',
  'sip:Alice@IMS.example',
  'sip:%61l%69ce@ims.example',
  'sip:alice@ims.example:5060',
  'sip:alice:secret@ims.example',
  'sip:alice%3Bx@ims.example',
  'sip:alice@ims.example.',
  'sip:alice@ims.example;user=phone',
])('N3: %s is charged to the same account', (spelling) => {
  expect(accountOf(identityOf(spelling))).toBe('alice@ims.example');
});

test('N3: others are charged to their own', () => {
  const identities = ['sip:bob@ims.example', 'sip:alice@other.example', 'sip:ims.example', 'tel:+15551234'];
  const accounts = identities.map((identity) => accountOf(identityOf(identity)));
  expect(new Set([...accounts, 'alice@ims.example']).size).toBe(5);
});

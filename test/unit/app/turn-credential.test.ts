import { createHmac } from 'node:crypto';
import { turnCredentialFor } from '../../../app/turn-credential';

const secret = 'a secret of 16 characters';
const now = 1_800_000_000;

test.each([
  [['alice@ims.example'], `${now + 30 * 86_400}:alice@ims.example`],
  [['sip:alice@ims.example', '--days', '1'], `${now + 86_400}:sip:alice@ims.example`],
  [['--shared', '--days', '2'], `${now + 2 * 86_400}`],
])('M3: %j prints a credential as coturn has it', (args, username) => {
  const password = createHmac('sha1', secret).update(username).digest('base64');
  expect(turnCredentialFor(args, secret, now)).toBe(`username: ${username}\npassword: ${password}`);
});

test.each([
  [[], 'Name one user, or --shared.'],
  [['alice', 'bob'], 'Name one user, or --shared.'],
  [['alice', '--shared'], 'Name one user, or --shared.'],
  [['alice b'], 'USER must be a name without spaces.'],
  [[':alice'], 'USER must be a name without spaces.'],
  [['alice', '--days', '0'], '--days must be a whole number from 1 to 3650.'],
  [['alice', '--days', '1e3'], '--days must be a whole number from 1 to 3650.'],
])('M3: %j is refused', (args, message) => {
  expect(() => turnCredentialFor(args, secret, now)).toThrow(message);
});

test('M3: an option that there is not is named', () => {
  expect(() => turnCredentialFor(['alice', '--hours', '3'], secret, now)).toThrow(/--hours/);
});

test.each([
  [undefined, 'TURN_SECRET is missing.'],
  ['short', 'TURN_SECRET must have 16 characters or more.'],
])('M3: the secret %s is refused', (given, message) => {
  expect(() => turnCredentialFor(['alice'], given, now)).toThrow(message);
});

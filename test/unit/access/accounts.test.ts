import { Accounts } from '../../../lib/access/accounts';

const connection = (name: string) => ({ name });

test('N3: with one connection more than an account may have, its oldest has to go', () => {
  const accounts = new Accounts<{ name: string }>(2);
  const a = connection('a');
  expect(accounts.join(a, 'alice')).toBeUndefined();
  expect(accounts.join(connection('b'), 'alice')).toBeUndefined();
  expect(accounts.join(connection('other'), 'bob')).toBeUndefined();
  expect(accounts.join(connection('c'), 'alice')).toBe(a);
});

test('N3: one that registers again, or under another name, counts once', () => {
  const accounts = new Accounts<{ name: string }>(1);
  const a = connection('a');
  expect([accounts.join(a, 'alice'), accounts.join(a, 'alice'), accounts.join(a, 'bob')]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
  expect(accounts.join(connection('b'), 'alice')).toBe(a);
});

test('N3: what has left counts no more', () => {
  const accounts = new Accounts<{ name: string }>(1);
  const a = connection('a');
  accounts.join(a, 'alice');
  accounts.leave(a);
  accounts.leave(a);
  expect(accounts.join(connection('b'), 'alice')).toBeUndefined();
});

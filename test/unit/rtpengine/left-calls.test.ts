import { removeLeftCalls } from '../../../lib/rtpengine/left-calls';

/** Removes what begins with "left" from a list that answers with its first names, as rtpengine's does. */
async function remove(names: string[], transport: 'tcp' | 'udp' = 'tcp') {
  const asked: number[] = [];
  const outcome = await removeLeftCalls({
    list: (limit) => {
      asked.push(limit);
      return Promise.resolve(names.slice(0, limit));
    },
    remove: (name) => {
      names.splice(names.indexOf(name), 1);
      return Promise.resolve();
    },
    isLeft: (name) => name.startsWith('left'),
    transport,
  });
  return { ...outcome, asked };
}

const some = (name: string, count: number) => Array.from({ length: count }, (_, i) => `${name} ${i}`);

describe('L3: calls that are left', () => {
  test.each([0, 1, 199, 200, 201, 1000])('%i of them are removed, and no others', async (count) => {
    const names = [...some('left', count), ...some('other', 50)];
    await expect(remove(names)).resolves.toMatchObject({ removed: count, isComplete: true });
    expect(names).toEqual(some('other', 50));
  });

  test('behind many others, they are found all the same', async () => {
    const names = [...some('other', 3000), 'left', ...some('more', 500)];
    await expect(remove(names)).resolves.toMatchObject({ removed: 1, isComplete: true });
  });

  test.each([
    ['udp', 500],
    ['tcp', 20_000],
  ] as const)(
    'over %s no more than %i are asked for, and it is told that this was not all',
    async (transport, most) => {
      const { asked, ...outcome } = await remove([...some('other', most), 'left'], transport);
      expect(outcome).toEqual({ removed: 0, isComplete: false });
      expect(Math.max(...asked)).toBe(most);
    },
  );

  test('one that stays though it was removed is not removed for ever', async () => {
    const removed: string[] = [];
    const stays = { list: () => Promise.resolve(some('left', 200)), isLeft: () => true, transport: 'udp' as const };
    await removeLeftCalls({ ...stays, remove: (name) => Promise.resolve(void removed.push(name)) });
    expect(removed).toHaveLength(200);
  });
});

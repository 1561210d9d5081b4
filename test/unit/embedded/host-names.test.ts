import { HostNames } from '../../../lib/embedded/host-names';

afterEach(() => jest.restoreAllMocks());

test('N8, X18: a name is believed for a minute, whatever is done to the clock', async () => {
  let elapsed = 20;
  jest.spyOn(performance, 'now').mockImplementation(() => elapsed);
  const names = new HostNames();
  const address = await new Promise<string | undefined>((resolve) => names.resolve('localhost', resolve));
  expect(address).toBeDefined();
  jest.spyOn(Date, 'now').mockReturnValue(Date.now() + 3_600_000);
  expect(names.known('localhost')).toBe(address);
  elapsed += 59_000;
  expect(names.known('LOCALHOST')).toBe(address);
  elapsed += 2_000;
  expect(names.known('localhost')).toBeUndefined();
});

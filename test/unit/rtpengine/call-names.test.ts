import { CallNames } from '../../../lib/rtpengine/call-names';

describe('names of calls at rtpengine', () => {
  const former = new CallNames('edge A').of('call');
  const names = new CallNames('edge A');

  test('L3: tell what a former process of the same edge left from calls of this one, and of others', () => {
    expect(former).not.toBe(names.of('call'));
    expect(names.isLeft(former)).toBe(true);
    for (const name of [names.of('call'), new CallNames('edge B').of('call'), 'call', 'edge80-', ''])
      expect(names.isLeft(name)).toBe(false);
  });

  test('hold the name of the call, and nothing that has to be quoted', () => {
    expect(former).toMatch(/^edge80-[0-9a-f]{12}-[0-9a-f]{8}-call$/);
  });
});

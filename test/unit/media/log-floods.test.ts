import { EdgeError } from '../../../lib/errors';
import { countsOf, telling } from '../ops/told';
import { anchorWith, coreAnswer, FakeGateway, iceOffer } from './fixtures';

const floods = 20;

describe('N7: a flood', () => {
  test('of calls that rtpengine refuses is told once', async () => {
    const { logger, lines } = telling();
    const { anchor, rtpengine } = anchorWith({ logger });
    rtpengine.failure = new EdgeError('anchor-refused', 'rtpengine refused offer: Ran out of ports.');
    for (let call = 0; call < floods; call += 1)
      await expect(anchor.offer(String(call), 'access', iceOffer)).rejects.toMatchObject({ sipStatus: 503 });
    expect(countsOf(lines)).toEqual({ 'rtpengine refused a call': 1 });
  });

  test('of lines that the gateway does not take is told once', async () => {
    const { logger, lines } = telling();
    const gateway = new FakeGateway();
    gateway.taken = 'uf0gen1';
    const { anchor } = anchorWith({ logger, gateway });
    for (let call = 0; call < floods; call += 1) {
      await anchor.offer(String(call), 'access', iceOffer);
      await anchor.answer(String(call), 'core', coreAnswer);
    }
    expect(countsOf(lines)).toEqual({ 'a media line has no candidate on port 80': 1 });
  });
});

import { setImmediate } from 'node:timers/promises';
import { anchorWith, coreAnswer, iceOffer, mediaOf } from './fixtures';

const hold = coreAnswer.replace('203.0.113.9', '203.0.113.10').replace('sendrecv', 'sendonly');
const restart = iceOffer.replace('ueUF', 'ueU2').replace('uepwd', 'uepwX');
const lost = { code: 'anchor-lost' };

/** A call of a UE that does ICE, answered. */
async function answered() {
  const around = anchorWith();
  const told: string[] = [];
  around.anchor.on('call-lost', (call) => told.push(call));
  await around.anchor.offer('c', 'access', iceOffer);
  await around.anchor.answer('c', 'core', coreAnswer);
  return { ...around, told };
}

/* It takes the next offer for a new call: its ports, and its credentials, are others. */
describe('S18: an rtpengine that was started anew before it was asked after the call', () => {
  test.each([
    ['core', hold],
    ['access', iceOffer],
    ['access', restart],
  ] as const)(
    'S18: an offer of %s that is accepted brings the call back: both ends learn its ports',
    async (from, sdp) => {
      const { anchor, rtpengine, told } = await answered();
      Object.assign(rtpengine, { isNew: true, generation: 2 });
      await anchor.offer('c', from, sdp);
      await anchor.answer('c', from === 'core' ? 'access' : 'core', from === 'core' ? iceOffer : coreAnswer);
      expect(told).toEqual([]);
      // It counts from now on.
      await anchor.offer('c', 'core', coreAnswer);
      await anchor.rollback('c');
      expect(told).toEqual([]);
    },
  );

  test.each([
    ['core', hold],
    ['access', iceOffer],
    ['access', restart],
  ] as const)('S18: an offer of %s that is refused does not: the call is lost', async (from, sdp) => {
    const { anchor, rtpengine, told } = await answered();
    rtpengine.isNew = true;
    await anchor.offer('c', from, sdp);
    await expect(anchor.rollback('c')).rejects.toMatchObject(lost);
    expect(told).toEqual(['c']);
  });

  test('S18: nor where it is started anew while the offer waits for its answer', async () => {
    const { anchor, rtpengine, told } = await answered();
    await anchor.offer('c', 'core', hold);
    rtpengine.isNew = true;
    await expect(anchor.rollback('c')).rejects.toMatchObject(lost);
    expect(told).toEqual(['c']);
  });

  test('S18: an ICE restart that was offered to the core before is not answered by it after', async () => {
    const { anchor, rtpengine, told } = await answered();
    await anchor.offer('c', 'access', restart);
    rtpengine.isNew = true;
    await expect(anchor.answer('c', 'core', coreAnswer)).rejects.toMatchObject(lost);
    expect(told).toEqual(['c']);
  });

  test('S18: an ICE restart of ours, of which the core hears nothing, does not bring it back', async () => {
    const { anchor, rtpengine, told } = await answered();
    rtpengine.isNew = true;
    await expect(anchor.restartIce('c')).rejects.toMatchObject(lost);
    expect(told).toEqual(['c']);
  });

  test('S18: a call that is released meanwhile is lost to nobody', async () => {
    const { anchor, rtpengine, told } = await answered();
    rtpengine.isNew = true;
    await anchor.offer('c', 'core', hold);
    let open: () => void = () => undefined;
    rtpengine.gate = new Promise((resolve) => (open = resolve));
    const rollback = anchor.rollback('c');
    await setImmediate();
    const released = anchor.release('c');
    open();
    await Promise.all([rollback, released]);
    expect(told).toEqual([]);
  });

  test('S18: a call that left rtpengine, as all its lines were declined, is not missed when it comes back', async () => {
    const { anchor, rtpengine, told } = await answered();
    const dropped = iceOffer.replace('m=audio 5000', 'm=audio 0');
    await anchor.offer('c', 'access', dropped);
    await anchor.answer('c', 'core', coreAnswer.replace('m=audio 6000', 'm=audio 0'));
    rtpengine.isNew = true;
    expect(mediaOf(await anchor.offer('c', 'access', iceOffer))[0]?.port).not.toBe(0);
    await anchor.answer('c', 'core', coreAnswer);
    await anchor.offer('c', 'core', hold);
    await anchor.rollback('c');
    expect(told).toEqual([]);
  });
});

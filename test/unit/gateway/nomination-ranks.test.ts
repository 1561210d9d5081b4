import { NominationRanks } from '../../../lib/gateway/nomination-ranks';

/** PRIORITY of a peer-reflexive candidate in a check of libwebrtc: over TCP, over UDP. */
const overTcp = 80 * 2 ** 24 + 32542 * 2 ** 8 + 255;
const overUdp = 110 * 2 ** 24 + 32542 * 2 ** 8 + 255;
/** The lowest that a UDP candidate has: a relay's. */
const relay = 2 ** 8 * 65535 + 255;
const highestOfCandidates = 126 * 2 ** 24 + 65535 * 2 ** 8 + 255;

describe('where nominations rank at rtpengine', () => {
  test('C12: they rise, from below every UDP candidate', () => {
    const ranks = new NominationRanks();
    ranks.seen(overTcp);
    expect([ranks.next(), ranks.next()]).toEqual([(1 << 8) | 255, (2 << 8) | 255]);
    for (let i = 0; i < 4096; i++) ranks.next();
    expect(ranks.next()).toBeLessThan(relay);
    expect(ranks.isAboveAll).toBe(false);
  });

  test('C18: raised, they rank above all checks that were seen, and below the candidates of UDP', () => {
    const ranks = new NominationRanks();
    ranks.next();
    ranks.seen(overTcp);
    ranks.seen(overTcp - 256);
    ranks.seen(undefined);
    ranks.raise();
    const raised = ranks.next();
    expect(raised).toBeGreaterThan(overTcp);
    expect(raised).toBeLessThan(overUdp);
    expect(ranks.next()).toBeGreaterThan(raised);
    expect(ranks.isAboveAll).toBe(false);
  });

  test('C18: raised again, they rank above all candidates, and go on rising', () => {
    const ranks = new NominationRanks();
    ranks.seen(overTcp);
    ranks.raise();
    ranks.next();
    ranks.raise();
    const raised = ranks.next();
    expect(raised).toBeGreaterThan(highestOfCandidates);
    // 1 to 2^31 - 1 (RFC 8445 §5.1.2).
    expect(raised).toBeLessThan(2 ** 31);
    ranks.raise();
    expect(ranks.next()).toBeGreaterThan(raised);
    expect(ranks.isAboveAll).toBe(true);
  });

  test('C18: without a check that ranks higher, once is enough', () => {
    const ranks = new NominationRanks();
    ranks.next();
    ranks.raise();
    expect(ranks.isAboveAll).toBe(true);
  });

  test('a PRIORITY beyond what there may be is no way to more than 32 bits', () => {
    const ranks = new NominationRanks();
    ranks.seen(0xffff_ffff);
    ranks.raise();
    for (let i = 0; i < 3; i++) expect(ranks.next()).toBe(0xffff_ffff);
  });

  test('F2: go on where those of the same stream ended', () => {
    const before = new NominationRanks();
    before.seen(overTcp);
    before.raise();
    const last = before.next();
    const ranks = new NominationRanks(before.nominated);
    expect(ranks.nominated.count).toBe(1);
    expect(ranks.next()).toBe(last + 256);
    expect(ranks.nominated.count).toBe(2);
  });
});

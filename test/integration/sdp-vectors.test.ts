import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import type { NamedCalls } from '../unit/media/named-calls';
import { MsrpBridges } from '../../lib/msrp/bridges';
import { describeWithRtpengine, RealAnchor } from './support/real-anchor';
import { readSdpCase } from './support/sdp-case';
import { playSdpCase } from './support/sdp-case-player';

const folder = join(__dirname, '../vectors/sdp');
const own = { access: '127.0.0.2', core: '127.0.0.3' };
const ports = { first: 46_300, last: 46_399 };

const cases = readdirSync(folder)
  .filter((file) => file.endsWith('.txt'))
  .sort()
  .map((file) => ({ file, ...readSdpCase(file, readFileSync(join(folder, file), 'utf8')) }));

describeWithRtpengine('offers and answers, and what comes of them', () => {
  const bridges = new MsrpBridges({
    sides: { access: { addresses: [own.access], ports }, core: { addresses: [own.core], ports } },
    logger: pino({ level: 'silent' }),
  });
  let real: RealAnchor;
  let anchor: NamedCalls;

  beforeAll(async () => {
    real = await RealAnchor.start(own);
  });
  afterAll(async () => {
    bridges.close();
    await real.close();
  });
  afterEach(async () => {
    await anchor.close();
    expect(real.gateway.counters().streams).toBe(0);
  });

  test.each(cases)('$title ($file)', async ({ file, ...played }) => {
    const { CORE_PROFILE: core, ACCESS_PROFILE: access } = played.settings;
    const msrp = { open: () => bridges.open(), shown: { access: [own.access], core: [own.core] } };
    anchor = real.another({ profiles: { core, access }, msrp });
    expect(await playSdpCase(anchor, file, played, await real.bundles())).toEqual([]);
  });
});

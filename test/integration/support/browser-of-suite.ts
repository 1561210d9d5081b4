import type { Network } from '../../../app/demo/network';
import type { Browser } from './browser';
import { BrowserCalls } from './browser-calls';
import type { Lab } from './lab';
import { labOfSuite } from './lab-of-suite';

const plainCore = { CORE_PROFILE: 'rtp-avp', ACCESS_PROFILE: 'webrtc' };

/**
 * One browser for the calls of a suite, in a lab of its own with a core that has plain RTP; a call that a test leaves is
 * ended. The function that is returned starts the edge anew with other settings, which takes less than another browser.
 */
export function browserOfSuite(
  kind: { start(network: Network): Promise<Browser> },
  use: (lab: Lab, calls: BrowserCalls) => unknown,
): (settings: Record<string, string>, sipPort?: number) => Promise<void> {
  let lab: Lab;
  let browser: Browser;
  let calls: BrowserCalls;

  afterEach(async () => {
    await calls.hangUp();
  }, 20_000);

  afterAll(async () => {
    await calls.close();
    await browser.close();
  }, 20_000);

  labOfSuite((started) => (lab = started), { settings: plainCore });

  beforeAll(async () => {
    browser = await kind.start(lab.network);
    calls = await BrowserCalls.start(lab.network, browser);
    await lab.keepConnections();
    await use(lab, calls);
  }, 30_000);

  return async (settings, sipPort) => {
    await lab.startEdge({ ...plainCore, ...settings });
    await calls.register(sipPort);
    await lab.keepConnections();
  };
}

import { availableParallelism } from 'node:os';
import { choosePlane, type PlaneFactory } from '../../../lib/gateway/plane-choice';
import { loadNativeAddon } from '../../../lib/gateway/native-addon';
import { NativeForwardingPlane } from '../../../lib/gateway/native-forwarding-plane';
import { createLogger } from '../../../lib/ops/logger';

/** At least two, so that connections are spread. */
export const planeThreads = Math.max(2, availableParallelism());

const native = nativePlane();
let current: PlaneFactory = choosePlane('node', planeThreads, createLogger('silent'));

/** The plane that the tests of this file run against. */
export const planeUnderTest: PlaneFactory = (...parts) => current(...parts);

/**
 * Runs the same tests against the native plane. Where its addon is not there they are skipped, with the reason; with
 * CI set they fail.
 */
export function describeNativePlane(tests: () => void): void {
  if (typeof native !== 'string') {
    const plane = native;
    describe('the native plane', () => {
      beforeAll(() => void (current = plane));
      tests();
    });
  } else if (process.env['CI']) {
    test('the native plane', () => {
      throw new Error(`The native plane is not there: ${native}.`);
    });
  } else {
    // One that would be run, so that the file is reported as skipped and not as empty.
    // eslint-disable-next-line @typescript-eslint/no-empty-function
    test.skip(`the native plane (SKIPPED: ${native})`, () => {});
  }
}

/** The plane, or why it is not there. NATIVE_ADDON names another build of it. */
function nativePlane(): PlaneFactory | string {
  const loaded = loadNativeAddon(process.env['NATIVE_ADDON']);
  if ('fault' in loaded) return loaded.fault;
  return (limits, listener) => new NativeForwardingPlane(loaded.addon, planeThreads, limits, listener);
}

import { pino } from 'pino';
import { defaultLimits } from '../../../lib/gateway/limits';
import { loadNativeAddon } from '../../../lib/gateway/native-addon';
import { NodeForwardingPlane } from '../../../lib/gateway/node-forwarding-plane';
import { choosePlane, type PlaneName } from '../../../lib/gateway/plane-choice';
import { describeNativePlane } from './plane-under-test';

let lines: Record<string, unknown>[];

const missing = () => loadNativeAddon('/nowhere/forwarding_plane.node');

function chosen(wanted: PlaneName, load = missing) {
  const logger = pino({}, { write: (line: string) => lines.push(JSON.parse(line) as Record<string, unknown>) });
  const nothing = () => undefined;
  const listener = {
    accepted: nothing,
    opening: () => ({ frames: 0 }),
    handedOver: () => undefined,
    controlFrame: nothing,
    anchorDatagram: nothing,
    mediaHeard: nothing,
    relayed: nothing,
    drained: nothing,
    closed: nothing,
  };
  return choosePlane(wanted, 1, logger, load)({ ...defaultLimits }, listener, () => 0);
}

beforeEach(() => {
  lines = [];
});

test('where the native plane was not built, Node forwards, and one line says so and why', () => {
  expect(chosen('auto')).toBeInstanceOf(NodeForwardingPlane);
  expect(lines).toMatchObject([{ plane: 'node', fault: expect.stringContaining('/nowhere') }]);
});

test('I3: asked for, it is not replaced: the start ends with what is missing', () => {
  expect(() => chosen('native')).toThrow(
    expect.objectContaining({
      code: 'native-plane-missing',
      message: expect.stringContaining('/nowhere') as string,
    }) as Error,
  );
});

test('Node’s plane is used where it is asked for, and nothing is loaded', () => {
  const load = jest.fn(missing);
  expect(chosen('node', load)).toBeInstanceOf(NodeForwardingPlane);
  expect(load).not.toHaveBeenCalled();
  expect(lines).toHaveLength(1);
});

describeNativePlane(() => {
  type Names = Record<string, string[]>;

  /** What comes of the addon as it was built, if it named things otherwise. */
  function loadedWith(changed: (names: Names) => Names) {
    const dlopen = process.dlopen.bind(process);
    jest.spyOn(process, 'dlopen').mockImplementation((loaded, path) => {
      dlopen(loaded, path);
      const exports = (loaded as { exports: { names: Names } }).exports;
      Object.assign(loaded, { exports: { ...exports, names: changed(exports.names) } });
    });
    try {
      return loadNativeAddon();
    } finally {
      jest.restoreAllMocks();
    }
  }

  test.each(['packetKinds', 'contents', 'dropReasons', 'closeReasons', 'limits', 'events', 'status', 'counters'])(
    'an addon that was built from other sources is not used, and that its %s differ is said',
    (list) => {
      const loaded = loadedWith((names) => ({ ...names, [list]: [...names[list]!.slice(1), 'another'] }));
      expect(loaded).toEqual({
        fault: expect.stringMatching(`built from other sources \\(${list} differ\\).*npm install`),
      });
    },
  );

  test('in which order the addon names what both have does not matter', () => {
    const reversed = (names: Names) =>
      Object.fromEntries(Object.entries(names).map(([list, all]) => [list, all.toReversed()]));
    expect(loadedWith(reversed)).toHaveProperty('addon');
  });
});

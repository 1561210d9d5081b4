import { describeNativePlane } from './plane-under-test';

/** What holds of one plane holds of the other. */
describeNativePlane(() => {
  const files = [
    'first-second',
    'openings',
    'forwarding-plane',
    'msrp',
    'relay',
    'stream-life',
    'tcp-gateway',
    'turn',
    'ways-of-media',
    '../msrp/through-gateway',
  ];
  describe.each(files)('%s', (file) => {
    jest.requireActual(`./${file}.test`);
  });
});

import { describeNativePlane } from './plane-under-test';

/** What holds of one plane holds of the other. */
describeNativePlane(() => {
  describe.each(['forwarding-plane', 'stream-life', 'tcp-gateway'])('%s', (file) => {
    jest.requireActual(`./${file}.test`);
  });
});

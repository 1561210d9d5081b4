import { describeNativePlane } from './plane-under-test';

/** What holds of one plane holds of the other. */
describeNativePlane(() => {
  jest.requireActual('./tcp-gateway.test');
  jest.requireActual('./forwarding-plane.test');
});

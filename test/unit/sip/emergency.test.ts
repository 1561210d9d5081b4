import { emergencyService } from '../../../lib/sip/emergency';

const settings = { nextHop: 'sip:192.0.2.112', numbers: ['112', '911'] };

test.each([
  ['urn:service:sos', 'urn:service:sos'],
  ['urn:service:sos.fire', 'urn:service:sos.fire'],
  ['URN:service:SOS', 'urn:service:sos'],
  ['tel:112;phone-context=ims.example', 'urn:service:sos'],
  ['sip:1-1-2@ims.example;user=phone', 'urn:service:sos'],
  ['sip:911@ims.example', 'urn:service:sos'],
  ['sip:1123@ims.example', undefined],
  ['sip:112.evil@ims.example', undefined],
  ['urn:service:sosumi', undefined],
  ['urn:service:counseling', undefined],
  ['sip:ims.example', undefined],
])('G19: %s is %s', (uri, service) => {
  expect(emergencyService(uri, settings)).toBe(service);
});

test('G19: without an E-CSCF, numbers are the core’s business', () => {
  expect(emergencyService('tel:112', { numbers: ['112'] })).toBeUndefined();
  expect(emergencyService('urn:service:sos', { numbers: [] })).toBe('urn:service:sos');
});

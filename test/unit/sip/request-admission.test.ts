import type { Egress } from '../../../lib/sip/egress';
import { ToldAddresses } from '../../../lib/sip/own-addresses';
import { RequestAdmission } from '../../../lib/sip/request-admission';
import { receivedInvite } from './received-request';

const contacts = { accessContacts: ['sip:127.0.0.1'], publicContacts: [], coreContacts: ['sip:127.0.0.2'] };
const admission = new RequestAdmission(new ToldAddresses(contacts, {} as Egress), new Set(['ours;from-tag=a']));

test.each([
  ['127.0.0.1:5060', 'access'],
  ['127.0.0.2:5060', 'core'],
])('a call that came on %s is of the side %s', (receivedOn, side) => {
  expect(admission.sideOfCall(receivedInvite({}, { receivedOn }))).toBe(side);
});

test.each<[string, Record<string, string | undefined>, { uri?: string; receivedOn?: string }, string]>([
  ['on an address that is no contact', {}, { receivedOn: '127.0.0.3:5060' }, 'sip-unknown-contact'],
  ['whose From cannot be read', { From: '' }, {}, 'sip-invalid'],
  ['without hops left', { 'Max-Forwards': '0' }, {}, 'sip-hops'],
  ['to a URI of another scheme', {}, { uri: 'mailto:bob@ims.example' }, 'sip-scheme'],
  ['that requires what we lack of proxies', { 'Proxy-Require': 'sec-agree, privacy' }, {}, 'sip-extension'],
  ['that is one of ours, come back', { 'Call-ID': 'ours' }, { receivedOn: '127.0.0.2:5060' }, 'sip-same-dialog'],
  ['inside a dialog that nobody knows', { To: '<sip:bob@ims.example>;tag=b' }, {}, 'sip-no-dialog'],
  ['with a Contact that nothing can be sent to', { Contact: '<tel:+15550100>' }, {}, 'sip-target'],
  ['without a Contact', { Contact: undefined }, {}, 'sip-invalid'],
])('a call %s is refused', (_what, headers, received, code) => {
  const refused = () => admission.sideOfCall(receivedInvite(headers, received));
  expect(refused).toThrow(expect.objectContaining({ code }) as Error);
});

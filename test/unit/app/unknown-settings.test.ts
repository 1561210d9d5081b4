import { saidOf, unknownSettings } from '../../../app/unknown-settings';

test.each([
  ['GATEWAY_PORT', 'GATEWAY_PORTS'],
  ['GATEWAY_ADRESS', 'GATEWAY_ADDRESS'],
  ['RTPENGINE_URL', 'RTPENGINE_URLS'],
  ['CORE_NEXTHOP', 'CORE_NEXT_HOP'],
  ['gateway_ports', 'GATEWAY_PORTS'],
  ['ACCESS_CONTACT', 'ACCESS_CONTACTS'],
  ['EMERGENCY_NUMBER', 'EMERGENCY_NUMBERS'],
  ['LOGLEVEL', 'LOG_LEVEL'],
  ['MAX_CALS', 'MAX_CALLS'],
  ['TLS_KEYFILE', 'TLS_KEY_FILE'],
  ['FLOW_TOKEN_KEY', 'FLOW_TOKEN_KEYS'],
])('O5: %s is probably %s', (name, meant) => {
  expect(unknownSettings([name, 'PATH'])).toEqual([{ name, meant }]);
  expect(saidOf({ name, meant })).toBe(`${name} is no setting and is ignored; did you mean ${meant}?`);
});

test.each(['PATH', 'HOME', 'LOGNAME', 'LANG', 'DRACHTIO_BIN', 'DRACHTIO_PORT_9022_TCP', 'NODE_OPTIONS', 'CI', 'PORT'])(
  "O5: %s is somebody else's",
  (name) => {
    expect(unknownSettings([name])).toEqual([]);
  },
);

test('O5: in .env all that is no setting is said', () => {
  expect(unknownSettings(['PATH', 'TIMEOUT_OF_ALL'], ['TIMEOUT_OF_ALL'])).toEqual([
    { name: 'TIMEOUT_OF_ALL', meant: undefined },
  ]);
  expect(saidOf({ name: 'TIMEOUT_OF_ALL', meant: undefined })).toBe('TIMEOUT_OF_ALL is no setting and is ignored');
});

test('a setting is none of them', () => {
  expect(unknownSettings(['GATEWAY_PORTS'], ['GATEWAY_PORTS'])).toEqual([]);
});

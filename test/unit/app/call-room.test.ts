import { PassThrough } from 'node:stream';
import { callsByPorts, tellCallRoom } from '../../../app/call-room';
import { readConfig } from '../../../app/read-config';
import { createLogger } from '../../../lib/ops/logger';

const wanted = {
  ACCESS_CONTACTS: 'sip:198.51.100.1:5060;transport=tcp',
  CORE_CONTACTS: 'sip:192.0.2.1:5060;transport=udp',
  CORE_NEXT_HOP: 'sip:192.0.2.2:5060',
  GATEWAY_ADDRESS: '198.51.100.1',
};

function logged(environment: Record<string, string>): string {
  const stream = new PassThrough();
  tellCallRoom(readConfig({ ...wanted, ...environment }), createLogger('info', stream));
  return String(stream.read() ?? '');
}

describe('calls that the ports of rtpengine carry', () => {
  test.each([
    ['30000-30099', undefined, 50],
    ['30000-30100', undefined, 50],
    ['30000-39999', 'tcp://192.0.2.8:2223,tcp://192.0.2.9:2223', 10_000],
  ])('%s at %s: %i', (RTPENGINE_PORTS, urls, calls) => {
    const config = readConfig({ ...wanted, RTPENGINE_PORTS, ...(urls && { RTPENGINE_URLS: urls }) });
    expect(callsByPorts(config)).toBe(calls);
  });

  test('are told where they are fewer than MAX_CALLS', () => {
    expect(JSON.parse(logged({ RTPENGINE_PORTS: '30000-30099', MAX_CALLS: '51' }))).toMatchObject({
      level: 'warn',
      audioCalls: 50,
      maxCalls: 51,
    });
    expect(logged({ RTPENGINE_PORTS: '30000-30099', MAX_CALLS: '50' })).toBe('');
  });

  test('are enough for MAX_CALLS with the settings as they are delivered', () => {
    expect(logged({})).toBe('');
  });
});

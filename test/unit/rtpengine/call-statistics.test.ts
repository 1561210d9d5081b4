import { callStatistics } from '../../../lib/rtpengine/call-statistics';

/** As rtpengine 10.5.3 replies to `query`, shortened. */
const reply = {
  result: 'ok',
  created: 1795545950,
  SSRC: {
    '4161928252': {
      'average MOS': {
        MOS: 44,
        'round-trip time': 1840,
        'round-trip time leg': 1230,
        jitter: 4,
        'packet loss': 2,
        samples: 1,
      },
      'MOS progression': {
        interval: 0,
        entries: [
          { MOS: 0, 'round-trip time': 0, 'round-trip time leg': 1017, 'reported at': 1795545952 },
          { MOS: 44, 'round-trip time': 1840, 'round-trip time leg': 1230, 'reported at': 1795545953 },
        ],
      },
    },
    '3010173722': { 'cumulative loss': 0 },
  },
  tags: {
    access: {
      tag: 'access',
      medias: [
        {
          index: 1,
          type: 'audio',
          streams: [
            {
              'local port': 30000,
              'local address': '198.51.100.1',
              endpoint: { family: 'IPv4', address: '198.51.100.2', port: 51838 },
              flags: ['RTP', 'RTCP', 'filled', 'confirmed'],
              SSRC: 4161928252,
              stats: { packets: 346, bytes: 58936, errors: 7 },
            },
            { 'local port': 0, flags: ['RTCP'], stats: { packets: 9, bytes: 0, errors: 0 } },
          ],
        },
      ],
    },
    core: { tag: 'core', medias: [{ index: 1, streams: [{ flags: [], SSRC: 3010173722 }] }, { index: 2 }] },
  },
};

test('I8: tells each line of each side: endpoint, packets, and the round-trip time to that side', () => {
  const statistics = callStatistics(reply);
  expect(statistics?.get('access')).toEqual([
    {
      endpoint: { address: '198.51.100.2', port: 51838 },
      localAddress: '198.51.100.1',
      confirmed: true,
      packets: 346,
      errors: 7,
      rttMs: 1.23,
      quality: { loss: 0.02, jitterMs: 4 },
    },
  ]);
  const nothing = {
    endpoint: undefined,
    localAddress: undefined,
    confirmed: false,
    packets: 0,
    errors: 0,
    rttMs: undefined,
  };
  expect(statistics?.get('core')).toEqual([nothing, nothing]);
});

test.each([{ result: 'ok' }, { result: 'ok', warning: 'Call-ID not found' }, { result: 'ok', tags: { access: 1 } }])(
  'a reply without statistics tells nothing: %j',
  (other) => {
    expect(callStatistics(other)).toBeUndefined();
  },
);

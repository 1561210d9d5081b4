import { mediaStats } from '../../../app/demo/browser/rtc-stats';

const transport = { id: 'T', type: 'transport', selectedCandidatePairId: 'P' };
const pair = {
  id: 'P',
  type: 'candidate-pair',
  localCandidateId: 'L',
  remoteCandidateId: 'R',
  currentRoundTripTime: 0.02,
};
const local = { id: 'L', type: 'local-candidate', protocol: 'tcp', address: '198.51.100.2', port: 9 };
const remote = { id: 'R', type: 'remote-candidate', protocol: 'tcp', address: '198.51.100.1', port: 443 };
const others = [
  { id: 'O', type: 'outbound-rtp', kind: 'audio', packetsSent: 10 },
  { id: 'I', type: 'inbound-rtp', kind: 'audio', packetsReceived: 9, packetsLost: 1 },
  { id: 'V', type: 'inbound-rtp', kind: 'video', packetsReceived: 1000 },
  { id: 'M', type: 'remote-outbound-rtp', kind: 'audio', reportsSent: 2 },
];

describe('what a browser tells of its media', () => {
  it('is the path and the counts of its audio', () => {
    expect(mediaStats([transport, pair, local, remote, ...others])).toEqual({
      ...{ line: 0, kind: 'audio', path: 'tcp443', local: '198.51.100.2:9', remote: '198.51.100.1:443' },
      ...{ sent: 10, received: 9, lost: 1, rtcpSent: 0, rtcpReceived: 2, rttMs: 20 },
    });
  });

  it('over UDP the path is that, whatever the port', () => {
    expect(mediaStats([transport, pair, local, { ...remote, protocol: 'udp' }]).path).toBe('udp');
    const relay = { ...local, candidateType: 'relay' };
    expect(mediaStats([transport, pair, relay, { ...remote, protocol: 'udp' }]).path).toBe('relay');
  });

  test.each([
    ['nothing yet', []],
    ['no pair', [{ id: 'T', type: 'transport' }, ...others]],
  ])('there is no path where it tells %s', (_, all) => {
    expect(mediaStats(all)).toMatchObject({ path: null, local: '', remote: '', rttMs: null });
  });
});

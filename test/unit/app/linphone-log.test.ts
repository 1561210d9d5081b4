import { LinphoneLog } from '../../../app/demo/softphone/linphone-log';

/** Lines of linphonec 5.1.65. */
const at = '2026-11-30 12:00:00:000 ';
const registered = `${at}liblinphone-message-Account [0x55e3] for identity [sip:ue@example.net] moving from state [LinphoneRegistrationProgress] to [LinphoneRegistrationOk] on core [0x55e3]`;
const running = `${at}liblinphone-message-CallSession [0x55e3] moving from state LinphoneCallConnected to LinphoneCallStreamsRunning`;
const pairs = [
  `${at}mediastreamer-message-Valid list:`,
  `${at}mediastreamer-message-	1 [0x55e3]:   state=Succeeded use=1 nominated=1 priority=9151313893027479550`,
  `${at}mediastreamer-message-		Local: [0x55e3]: * type=relay ip=198.51.100.1 port=50070 componentID=1 priority=16777087 foundation=4 base=0x55e3`,
  `${at}mediastreamer-message-		Remote: [0x55e4]: * type=host ip=198.51.100.1 port=30000 componentID=1 priority=2130706431 foundation=c base=0x55e4`,
  `${at}mediastreamer-message-	--> selected`,
];
const statistics = [
  'sent                                        458 packets',
  '                                              0 duplicated packets',
  'received                                    400 packets',
  'incoming cumulative lost                      3 packets',
  'sent rtcp                                     5 packets',
  'received rtcp                                 7 packets',
].map((line) => `${at}ortp-message-${line}`);

function read(...lines: string[]): LinphoneLog {
  const log = new LinphoneLog();
  for (const line of lines) log.line(line);
  return log;
}

describe('the log of linphonec', () => {
  it('tells the states of registration and call', () => {
    expect(read(registered, running)).toMatchObject({ registration: 'Ok', call: 'StreamsRunning' });
    expect(read('linphonec> Receiving new incoming call from sip:core@example.net, assigned id 1').caller).toBe(
      'sip:core@example.net',
    );
  });

  it('tells the pair of the first component that is selected, and whether it is relayed', () => {
    const ends = { local: '198.51.100.1:50070', remote: '198.51.100.1:30000' };
    expect(read(...pairs).stats).toMatchObject({ path: 'relay', ...ends });
    expect(read(...pairs.map((line) => line.replace('type=relay', 'type=host'))).stats.path).toBe('udp');
    expect(read(...pairs.slice(0, -1)).stats.path).toBeNull();
    expect(read(...pairs.map((line) => line.replace('componentID=1', 'componentID=2'))).stats.path).toBeNull();
  });

  it('tells whether media comes, and at the end how much went and came', () => {
    const bandwidth = (kbits: string) =>
      `	Stream #0 (audio) | cpu: 0.65% | RTP : [d=${kbits},u=64.90] RTCP: [d=0.00,u=0.00]`;
    expect(read(bandwidth('0.03')).stats.received).toBe(0);
    expect(read(bandwidth('74.07')).stats.received).toBe(1);
    expect(read(...statistics).stats).toMatchObject({
      sent: 458,
      received: 400,
      lost: 3,
      rtcpSent: 5,
      rtcpReceived: 7,
    });
  });
});

import { once } from 'node:events';
import { MediaSession } from '../../../lib/ue/media-session';
import { isRtcp, parseRtp } from '../../../lib/ue/rtp';

describe('the media of one stream', () => {
  let sessions: MediaSession[] = [];

  /** Two ends of a stream, with a network between them that loses what `loses` says, by number from 0. */
  function ends(limit: number, loses: (number: number) => boolean = () => false): [MediaSession, MediaSession] {
    let number = 0;
    const a: MediaSession = new MediaSession({
      limit,
      sendRtp: (packet) => {
        if (!loses(number++)) b.receive(packet);
        return true;
      },
      sendRtcp: (packet) => (b.receive(packet), true),
    });
    const b: MediaSession = new MediaSession({
      limit,
      sendRtp: (packet) => (a.receive(packet), true),
      sendRtcp: (packet) => (a.receive(packet), true),
    });
    sessions = [a, b];
    return [a, b];
  }

  afterEach(() => {
    jest.restoreAllMocks();
    sessions.forEach((session) => session.close());
  });

  it('sends exactly as many packets as it is told, and the other end counts them all', async () => {
    const [a, b] = ends(10);
    a.startSending();
    expect(await once(a, 'done')).toEqual([10]);
    expect(a.counts).toMatchObject({ sent: 10, received: 0 });
    expect(b.counts).toMatchObject({ sent: 0, received: 10, lost: 0 });
    expect(a.finished).toBe(true);
    expect(a.silentFor).toBeUndefined();
    expect(b.silentFor).toBeGreaterThanOrEqual(0);
  });

  it('counts what was lost on the way', async () => {
    const [a, b] = ends(10, (number) => number === 3 || number === 4);
    a.startSending();
    await once(a, 'done');
    expect(b.counts).toMatchObject({ received: 8, lost: 2 });
  });

  it('carries what it is given in the place of a tone, and tells what it heard', async () => {
    const heard: string[] = [];
    const sound = { next: () => Buffer.alloc(160, 'a'), heard: (payload: Buffer) => heard.push(payload.toString()) };
    const b = new MediaSession({ sendRtp: () => true, sendRtcp: () => true, sound });
    const a = new MediaSession({
      limit: 2,
      sendRtp: (packet) => (b.receive(packet), true),
      sendRtcp: () => true,
      sound,
    });
    sessions = [a, b];
    a.startSending();
    await once(a, 'done');
    expect(heard).toEqual(['a'.repeat(160), 'a'.repeat(160)]);
  });

  it('numbers packets one by one, 160 samples apart, the first one marked', async () => {
    const packets: Buffer[] = [];
    const session = new MediaSession({
      limit: 4,
      sendRtp: (packet) => packets.push(packet) > 0,
      sendRtcp: () => true,
    });
    sessions = [session];
    session.startSending();
    await once(session, 'done');
    const sent = packets.map((packet) => parseRtp(packet)!);
    expect(sent.map(({ sequence }) => sequence - sent[0]!.sequence)).toEqual([0, 1, 2, 3]);
    expect(sent.map(({ timestamp }) => (timestamp - sent[0]!.timestamp) >>> 0)).toEqual([0, 160, 320, 480]);
    expect(sent.map(({ marker }) => marker)).toEqual([true, false, false, false]);
    expect(new Set(sent.map(({ ssrc }) => ssrc)).size).toBe(1);
    expect(sent.every(({ payloadType, payload }) => payloadType === 0 && payload.length === 160)).toBe(true);
  });

  it('does not count or number what could not be sent', async () => {
    const sequences: number[] = [];
    let attempts = 0;
    const session = new MediaSession({
      limit: 3,
      sendRtp: (packet) => {
        attempts += 1;
        if (attempts === 2) return false;
        return sequences.push(parseRtp(packet)!.sequence) > 0;
      },
      sendRtcp: () => true,
    });
    sessions = [session];
    session.startSending();
    await once(session, 'done');
    expect(sequences.map((sequence) => sequence - sequences[0]!)).toEqual([0, 1, 2]);
    expect(session.counts.sent).toBe(3);
  });

  it('N8: tells of the first packet once, and reports by RTCP with the round trip, wherever the clock jumps', async () => {
    const hour = 3_600_000;
    let readings = 0;
    const { now } = Date;
    jest.spyOn(Date, 'now').mockImplementation(() => now() + hour * readings++);
    const [a, b] = ends(150);
    let heard = 0;
    b.on('heard', () => (heard += 1));
    a.startSending();
    b.startSending();
    await Promise.all([once(a, 'done'), once(b, 'done')]);
    expect(heard).toBe(1);
    expect(a.counts.rtcpReceived).toBe(b.counts.rtcpSent);
    expect(b.counts.rtcpReceived).toBe(a.counts.rtcpSent);
    expect(a.counts.rtcpSent).toBeGreaterThanOrEqual(1);
    for (const { rttMs } of [a, b]) {
      expect(rttMs).toBeGreaterThanOrEqual(0);
      expect(rttMs).toBeLessThan(hour);
    }
  });

  it('goes on counting when the peer begins anew with another SSRC', () => {
    const [, b] = ends(1);
    const packet = (ssrc: number, sequence: number) => {
      const bytes = Buffer.alloc(12);
      bytes[0] = 0x80;
      bytes.writeUInt16BE(sequence, 2);
      bytes.writeUInt32BE(ssrc, 8);
      return bytes;
    };
    for (const bytes of [packet(1, 10), packet(1, 12), packet(2, 500), packet(2, 501)]) b.receive(bytes);
    expect(b.counts).toMatchObject({ received: 4, lost: 1 });
  });

  it('sends nothing while paused, nor after it was stopped', () => {
    const sent: boolean[] = [];
    const session = new MediaSession({ sendRtp: (packet) => sent.push(isRtcp(packet)) > 0, sendRtcp: () => true });
    sessions = [session];
    session.startSending();
    session.pause();
    session.startSending();
    session.stopSending();
    session.startSending();
    expect(sent).toHaveLength(2);
  });
});

import type { StreamStatus } from '../../../lib/gateway/stream';
import type { StatisticsByLine } from '../../../lib/media/call-at-rtpengine';
import { StreamPaths } from '../../../lib/media/stream-paths';
import type { LineStatistics } from '../../../lib/rtpengine/call-statistics';

const ue = { address: '203.0.113.5', port: 50000 };
const ourSocket = { address: '198.51.100.1', port: 40001 };

const line = (changes: Partial<LineStatistics> = {}): LineStatistics => ({
  endpoint: ue,
  localAddress: '198.51.100.1',
  confirmed: true,
  packets: 10,
  errors: 0,
  rttMs: 5,
  ...changes,
});

const statistics = (access: LineStatistics, at = 0): StatisticsByLine =>
  new Map([[at, { access, core: line({ packets: 20 }) }]]);

describe('the ways of a call’s streams', () => {
  let statuses: Map<string, StreamStatus>;
  let paths: StreamPaths;
  /** Where the UEs are behind relayed addresses, by port. */
  let relays: Map<number, { address: string; port: number }>;

  beforeEach(() => {
    statuses = new Map();
    relays = new Map();
    paths = new StreamPaths(
      (ufrag) => statuses.get(ufrag),
      ['192.0.2.1'],
      ({ port }) => relays.get(port),
    );
  });

  const open = (ufrag: string, at: number, status: Partial<StreamStatus> = {}) => {
    statuses.set(ufrag, {
      remote: undefined,
      port: undefined,
      mapped: undefined,
      reconnects: 0,
      dropped: 0,
      ...status,
    });
    paths.opened(ufrag, at);
  };

  const onTcp = () => {
    open('uf', 0, { remote: ue, port: 80, mapped: ourSocket });
    paths.learn(statistics(line({ endpoint: ourSocket })));
  };

  test.each([
    ['udp-unanswered', false],
    ['udp-not-offered', true],
  ])('I4: media took TCP because of %s', (reason, isTcpAlone) => {
    onTcp();
    expect(paths.reports(() => isTcpAlone)).toMatchObject([{ path: 'tcp80', tcpReason: reason }]);
  });

  test('I4: media took TCP because its UDP was lost, and has no reason once it is back', () => {
    paths.learn(statistics(line()));
    onTcp();
    expect(paths.reports(() => false)).toMatchObject([{ path: 'tcp80', tcpReason: 'udp-lost' }]);
    paths.learn(statistics(line()));
    expect(paths.reports(() => false)).toMatchObject([{ path: 'udp', tcpReason: undefined }]);
  });

  test('I8: the last word of RTCP on each side is kept', () => {
    const told = { loss: 0.02, jitterMs: 4 };
    paths.learn(statistics(line({ quality: told })));
    paths.learn(statistics(line()));
    expect(paths.reports(() => false)).toMatchObject([{ quality: { access: told, core: undefined } }]);
  });

  test('A6: UDP is known by rtpengine, once it has heard the UE', () => {
    open('uf', 0);
    expect(paths.learn(statistics(line({ confirmed: false })))).toEqual([]);
    expect(paths.areKnown([0])).toBe(false);
    expect(paths.learn(statistics(line()))).toEqual([{ line: 0, path: 'udp', remote: ue }]);
    expect(paths.learn(statistics(line()))).toEqual([]);
    expect(paths.areKnown([0])).toBe(true);
    expect(paths.reports(() => false)).toEqual([
      {
        ...{ line: 0, path: 'udp', remote: ue, tcpReason: undefined, rttMs: 5, reconnects: 0, dropped: 0 },
        ...{ quality: { access: undefined, core: undefined }, packets: { access: 10, core: 20 } },
      },
    ]);
  });

  test('M7: rtpengine sends to a relayed address of ours: the path is a relay, and the UE is behind it', () => {
    open('uf', 0);
    relays.set(40_001, ue);
    expect(paths.learn(statistics(line({ endpoint: ourSocket })))).toEqual([{ line: 0, path: 'relay', remote: ue }]);
    expect(paths.isGateway(line({ endpoint: ourSocket }))).toBe(false);
    expect(paths.reports(() => false)[0]).toMatchObject({ path: 'relay', remote: ue });
    // rtpengine may stay there.
    expect(paths.selected({ line: 0, path: 'tcp80', remote: ue })).toBe(false);
    // The UE gives it back before rtpengine is asked once more.
    relays.clear();
    expect(paths.learn(statistics(line({ endpoint: ourSocket })))).toEqual([]);
    expect(paths.pathOf(0)).toBe('relay');
    // From the relay it goes over to UDP, and to another relay.
    expect(paths.learn(statistics(line()))).toEqual([{ line: 0, path: 'udp', remote: ue }]);
    relays.set(40_002, ue);
    const other = { ...ourSocket, port: 40_002 };
    expect(paths.learn(statistics(line({ endpoint: other })))).toEqual([{ line: 0, path: 'relay', remote: ue }]);
  });

  test.each(['127.0.0.1', '::1'])(
    'I8, S19: as long as rtpengine has no place of the UE but %s and port 9, no path is known',
    (address) => {
      open('uf', 0);
      const nobody = line({ endpoint: { address, port: 9 } });
      expect(paths.learn(statistics(nobody))).toEqual([]);
      expect(paths.areKnown([0])).toBe(false);
      expect(paths.reports(() => false)[0]).toMatchObject({ path: undefined, remote: undefined });
      // What it nominates then is news at once.
      expect(paths.selected({ line: 0, path: 'tcp80', remote: ue })).toBe(true);
      expect(paths.learn(statistics(nobody))).toEqual([]);
      expect(paths.reports(() => false)[0]).toMatchObject({ path: 'tcp80', remote: ue });
    },
  );

  test('I8, S19: another UE on loopback, or on port 9, has a path', () => {
    for (const [index, endpoint] of [
      { address: '127.0.0.1', port: 5004 },
      { ...ue, port: 9 },
    ].entries())
      expect(paths.learn(statistics(line({ endpoint }), index))).toEqual([
        { line: index, path: 'udp', remote: endpoint },
      ]);
  });

  test('I8, S19: what rtpengine tells at the end of a call is read by the connection that was there until then', () => {
    const tcp = { address: '203.0.113.5', port: 50001 };
    open('uf', 0);
    paths.learn(statistics(line()));
    // It has gone to TCP since.
    open('uf', 0, { remote: tcp, port: 443 });
    paths.closing('uf');
    statuses.clear();
    expect(paths.learn(statistics(line({ endpoint: ourSocket })))).toEqual([{ line: 0, path: 'tcp443', remote: tcp }]);
  });

  test.each([
    ['on the address of rtpengine itself', ourSocket, '198.51.100.1'],
    ['on another of our addresses', { address: '192.0.2.1', port: 1 }, '198.51.100.1'],
  ])('A6: a socket of the gateway is no UDP path, %s', (_where, endpoint, localAddress) => {
    open('uf', 0, { remote: ue, port: 443 });
    expect(paths.selected({ line: 0, path: 'tcp443', remote: ue })).toBe(true);
    expect(paths.learn(statistics(line({ endpoint, localAddress })))).toEqual([]);
    expect(paths.reports(() => false)[0]).toMatchObject({ path: 'tcp443', remote: ue });
  });

  test('E3 E5: what rtpengine sends to a connection that is gone, or to that before a restart, is no UDP path', () => {
    open('old', 0, { remote: ue, port: 80 });
    paths.selected({ line: 0, path: 'tcp80', remote: ue });
    open('new', 0);
    expect(paths.learn(statistics(line({ endpoint: ourSocket })))).toEqual([]);
    expect(paths.reports(() => false)[0]).toMatchObject({ path: 'tcp80', remote: ue });
    expect(paths.learn(statistics(line()))).toEqual([{ line: 0, path: 'udp', remote: ue }]);
  });

  test('A6: a UE on UDP that nominates TCP as well stays where rtpengine sends to', () => {
    open('uf', 0);
    paths.learn(statistics(line()));
    open('uf', 0, { remote: { address: '203.0.113.5', port: 50001 }, port: 80 });
    expect(paths.selected({ line: 0, path: 'tcp80', remote: ue })).toBe(false);
    expect(paths.learn(statistics(line()))).toEqual([]);
    expect(paths.learn(statistics(line({ endpoint: ourSocket })))).toEqual([
      { line: 0, path: 'tcp80', remote: { address: '203.0.113.5', port: 50001 } },
    ]);
  });

  test('B22: lines that go the way of another have its path, and tell of none themselves', () => {
    open('uf', 0);
    paths.share(new Map([[1, 0]]));
    const both = new Map([...statistics(line()), ...statistics(line({ endpoint: { ...ue, port: 50_002 } }), 1)]);
    expect(paths.areKnown([0, 1])).toBe(false);
    expect(paths.learn(both)).toEqual([{ line: 0, path: 'udp', remote: ue }]);
    expect(paths.areKnown([0, 1])).toBe(true);
    expect(paths.reports(() => false).map(({ path, remote }) => [path, remote])).toEqual([
      ['udp', ue],
      ['udp', ue],
    ]);
  });

  test('A6: a UE on the machine of the edge is on UDP, at an address that is ours too', () => {
    open('uf', 0);
    expect(paths.learn(statistics(line({ endpoint: { address: '192.0.2.1', port: 5004 } })))).toEqual([
      { line: 0, path: 'udp', remote: { address: '192.0.2.1', port: 5004 } },
    ]);
  });

  test('E3: of a UE that came back on another connection, that one is told', () => {
    open('uf', 0);
    paths.selected({ line: 0, path: 'tcp80', remote: ue });
    const again = { ...ue, port: 50_009 };
    open('uf', 0, { remote: again, port: 80 });
    expect(paths.learn(statistics(line({ endpoint: ourSocket })))).toEqual([{ line: 0, path: 'tcp80', remote: again }]);
  });

  test('S21: rtpengine without a place of the UE tells no path', () => {
    open('uf', 0);
    expect(paths.learn(statistics(line({ endpoint: undefined })))).toEqual([]);
    expect(paths.areKnown([0])).toBe(false);
  });

  describe('S21, C18: where media goes, if not to the connection that was nominated last', () => {
    const mapped = { address: '127.0.0.1', port: 40_001 };

    test.each([
      ['that connection', mapped, mapped, undefined],
      ['another port', mapped, { ...mapped, port: 40_002 }, { ...mapped, port: 40_002 }],
      ['another address', mapped, { ...mapped, address: '203.0.113.5' }, { ...mapped, address: '203.0.113.5' }],
      ['none was nominated: the UE on UDP', undefined, ue, ue],
      ['none was nominated: nobody', undefined, { address: '127.0.0.1', port: 9 }, undefined],
      ['nowhere', mapped, undefined, undefined],
    ])('%s', (_, nominated, endpoint, elsewhere) => {
      open('uf', 0, { mapped: nominated });
      expect(paths.elsewhere(statistics(line({ endpoint })), 0)).toEqual(elsewhere);
    });

    test('none was nominated, and nobody was heard', () => {
      open('uf', 0);
      expect(paths.elsewhere(statistics(line({ confirmed: false })), 0)).toBeUndefined();
    });
  });

  test('E3: another connection of the UE is news, the same one is not', () => {
    expect(paths.selected({ line: 0, path: 'tcp80', remote: ue })).toBe(true);
    expect(paths.selected({ line: 0, path: 'tcp80', remote: ue })).toBe(false);
    expect(paths.selected({ line: 0, path: 'tcp80', remote: { ...ue, port: 50001 } })).toBe(true);
    expect(paths.selected({ line: 0, path: 'tcp80', remote: { ...ue, address: '203.0.113.6', port: 50001 } })).toBe(
      true,
    );
  });

  test('lines are those of the SDP, of which rtpengine knows some', () => {
    expect(paths.learn(statistics(line(), 2))).toEqual([{ line: 2, path: 'udp', remote: ue }]);
    expect(paths.reports(() => false).map((report) => report.line)).toEqual([2]);
    expect(paths.areKnown([2])).toBe(true);
    expect(paths.areKnown([0, 2])).toBe(false);
  });

  test('E3 E5: reconnects and drops add up over ICE restarts', () => {
    open('old', 0, { reconnects: 1, dropped: 3 });
    open('new', 0, { reconnects: 2, dropped: 4 });
    paths.selected({ line: 0, path: 'tcp80', remote: ue });
    expect(paths.reports(() => false)[0]).toMatchObject({ reconnects: 3, dropped: 7 });
    paths.closing('old');
    statuses.delete('old');
    expect(paths.reports(() => false)[0]).toMatchObject({ reconnects: 3, dropped: 7 });
    paths.closing('new');
    statuses.clear();
    expect(paths.reports(() => false)[0]).toMatchObject({ reconnects: 3, dropped: 7 });
  });
});

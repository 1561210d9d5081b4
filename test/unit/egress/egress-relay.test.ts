import { createServer } from 'node:net';
import { once } from 'node:events';
import { EgressRelay, type EgressRelayOptions } from '../../../lib/egress/egress-relay';
import { freePort } from '../sip/sip-peer';
import { answer, branchOf, lines, request, silent } from './messages';
import { Connection, TcpCore, UdpPeer } from './peers';

const routes = ['<sip:pcscf.example;lr>', '<sip:scscf.example;lr>'];
const uri = 'sip:bob@ims.example';

describe('the egress relay on its sockets', () => {
  const closers: (() => unknown)[] = [];

  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close();
  });

  function kept<T extends { close(): unknown }>(item: T): T {
    closers.push(() => item.close());
    return item;
  }

  async function start(options: Partial<EgressRelayOptions> = {}): Promise<EgressRelay> {
    const relay = kept(new EgressRelay({ hosts: ['127.1.0.1'], logger: silent, ...options }));
    await relay.start();
    return relay;
  }

  const portOf = (proxy: string) => Number(/:(\d+);transport/.exec(proxy)?.[1]);

  test.each([
    ['127.1.0.1', '127.1.0.2'],
    ['::1', '::1'],
  ])('over UDP on %s: INVITE and what follows, there and back', async (host, far) => {
    const relay = await start({ hosts: [host] });
    const [server, core] = [kept(await UdpPeer.open(host)), kept(await UdpPeer.open(far))];
    const { proxy, headers } = relay.send({ nextHop: `sip:${core.at}`, routes });
    expect(proxy).toMatch(host === '::1' ? /^sip:\[::1\]:\d+;transport=udp$/ : /^sip:127\.1\.0\.1:\d+;transport=udp$/);
    const port = portOf(proxy);
    server.send(request('INVITE', uri, headers), port, host);
    const invite = await core.inbox.next();
    expect(lines(invite, 'Route')).toEqual(routes);
    expect(lines(invite, 'Via')[0]).toMatch(`SIP/2.0/UDP ${proxy.slice(4).split(';')[0] ?? ''};rport;branch=`);
    expect(core.last).toMatchObject({ address: host, port });
    server.send(request('INVITE', uri, headers), port, host);
    expect(await core.inbox.next()).toBe(invite);
    core.send(answer(invite, 180), port, host);
    expect(await server.inbox.next()).toMatch(/^SIP\/2\.0 180 /);
    server.send(request('CANCEL', uri), port, host);
    const cancel = await core.inbox.next();
    expect([branchOf(cancel), lines(cancel, 'Route')]).toEqual([branchOf(invite), routes]);
    core.send(answer(cancel, 200), port, host);
    core.send(answer(invite, 487), port, host);
    expect(lines(await server.inbox.next(), 'CSeq')).toEqual(['1 CANCEL']);
    expect(await server.inbox.next()).toMatch(/^SIP\/2\.0 487 /);
    server.send(request('ACK', uri), port, host);
    const ack = await core.inbox.next();
    expect([branchOf(ack), lines(ack, 'Route')]).toEqual([branchOf(invite), routes]);
  });

  test('over UDP: ACK to a 2xx and BYE of a dialog without Record-Route', async () => {
    const relay = await start();
    const [server, core, callee] = [
      kept(await UdpPeer.open('127.1.0.1')),
      kept(await UdpPeer.open('127.1.0.2')),
      kept(await UdpPeer.open('127.1.0.3')),
    ];
    const { proxy, headers } = relay.send({ nextHop: `sip:${core.at}`, routes });
    const port = portOf(proxy);
    server.send(request('INVITE', uri, headers), port, '127.1.0.1');
    core.send(answer(await core.inbox.next(), 200), port, '127.1.0.1');
    expect(await server.inbox.next()).toMatch(/^SIP\/2\.0 200 /);
    for (const method of ['ACK', 'BYE']) {
      const inDialog = { Via: `SIP/2.0/UDP 127.1.0.1;branch=z9hG4bK${method}`, To: '<sip:bob@ims.example>;tag=b1' };
      server.send(request(method, `sip:bob@${callee.at}`, inDialog), port, '127.1.0.1');
      expect(await callee.inbox.next()).toMatch(new RegExp(`^${method} sip:bob@127`));
    }
  });

  test('over TCP: one connection to the core for all requests, answers over the one that the server opened', async () => {
    const relay = await start();
    const core = kept(await TcpCore.open('127.1.0.2'));
    const first = relay.send({ nextHop: `sip:${core.at};transport=tcp`, routes });
    expect(first.proxy).toMatch(/;transport=tcp$/);
    const port = portOf(first.proxy);
    const server = await Connection.open(port, '127.1.0.1', '127.1.0.1');
    closers.push(() => server.socket.destroy());
    const taken = core.connection();
    server.send(request('INVITE', uri, first.headers));
    const connection = await taken;
    expect(connection.socket.remoteAddress).toBe('127.1.0.1');
    const invite = await connection.inbox.next();
    expect(lines(invite, 'Via')[0]).toMatch(/^SIP\/2\.0\/TCP 127\.1\.0\.1:\d+;branch=/);
    expect(lines(invite, 'Route')).toEqual(routes);
    const second = relay.send({ nextHop: `sip:${core.at};transport=tcp`, routes: [] });
    server.send(request('MESSAGE', uri, { ...second.headers, Via: 'SIP/2.0/TCP 127.1.0.1;branch=z9hG4bKm' }, 'hi'));
    const message = await connection.inbox.next();
    connection.send(answer(message, 200) + answer(invite, 486));
    expect(await server.inbox.next()).toMatch(/^SIP\/2\.0 200 /);
    expect(await server.inbox.next()).toMatch(/^SIP\/2\.0 486 /);
    server.send(request('ACK', uri));
    expect(await connection.inbox.next()).toMatch(/^ACK /);
    expect(core.connections).toHaveLength(1);
  });

  test('a connection refused or lost: 503 at once for each request that waits', async () => {
    const relay = await start();
    const core = kept(await TcpCore.open('127.1.0.2'));
    const dead = `127.1.0.2:${await freePort('127.1.0.2')}`;
    const { proxy, headers } = relay.send({ nextHop: `sip:${dead};transport=tcp`, routes });
    const server = await Connection.open(portOf(proxy), '127.1.0.1', '127.1.0.1');
    closers.push(() => server.socket.destroy());
    server.send(request('INVITE', uri, headers));
    expect(await server.inbox.next()).toMatch(/^SIP\/2\.0 503 /);
    const taken = core.connection();
    for (const branch of ['z9hG4bK1', 'z9hG4bK2']) {
      const way = relay.send({ nextHop: `sip:${core.at};transport=tcp`, routes });
      server.send(request('INVITE', uri, { ...way.headers, Via: `SIP/2.0/TCP 127.1.0.1;branch=${branch}` }));
    }
    const connection = await taken;
    const first = await connection.inbox.next();
    await connection.inbox.next();
    connection.send(answer(first, 180));
    expect(await server.inbox.next()).toMatch(/^SIP\/2\.0 180 /);
    connection.socket.destroy();
    const answers = [await server.inbox.next(), await server.inbox.next()];
    expect(answers.map((text) => text.split(' ')[1])).toEqual(['503', '503']);
  });

  test('a connection to the core that nobody needs any more is closed, not before', async () => {
    const relay = await start({ limits: { idle: 0, sweep: 1 } });
    const core = kept(await TcpCore.open('127.1.0.2'));
    const { proxy, headers } = relay.send({ nextHop: `sip:${core.at};transport=tcp`, routes });
    const server = await Connection.open(portOf(proxy), '127.1.0.1', '127.1.0.1');
    closers.push(() => server.socket.destroy());
    const taken = core.connection();
    server.send(request('MESSAGE', uri, headers));
    const connection = await taken;
    const message = await connection.inbox.next();
    connection.send(answer(message, 100));
    expect(await server.inbox.next()).toMatch(/^SIP\/2\.0 100 /);
    connection.send(answer(message, 200));
    expect(await server.inbox.next()).toMatch(/^SIP\/2\.0 200 /);
    await connection.closed;
  });

  test('a core that does not read is given up: 503', async () => {
    const relay = await start({ limits: { unsent: 100_000 } });
    const core = kept(await TcpCore.open('127.1.0.2'));
    const taken = core.connection();
    const hop = `sip:${core.at};transport=tcp`;
    const server = await Connection.open(portOf(relay.send({ nextHop: hop, routes }).proxy), '127.1.0.1', '127.1.0.1');
    closers.push(() => server.socket.destroy());
    const body = 'x'.repeat(8000);
    void taken.then(({ socket }) => socket.pause());
    for (let i = 0; server.inbox.isEmpty && i < 5000; i++) {
      const Via = `SIP/2.0/TCP 127.1.0.1;branch=z9hG4bK${i}`;
      server.send(request('MESSAGE', uri, { ...relay.send({ nextHop: hop, routes }).headers, Via }, body));
      await new Promise(setImmediate);
    }
    expect(await server.inbox.next()).toMatch(/^SIP\/2\.0 503 /);
  });

  test('a stranger gets nothing forwarded, no answer over UDP and an end over TCP', async () => {
    const relay = await start();
    const core = kept(await UdpPeer.open('127.1.0.2'));
    const stranger = kept(await UdpPeer.open('127.1.0.9'));
    const server = kept(await UdpPeer.open('127.1.0.1'));
    const way = relay.send({ nextHop: `sip:${core.at}`, routes });
    const port = portOf(way.proxy);
    stranger.send(request('BYE', `sip:${core.at}`, { To: '<sip:bob@ims.example>;tag=b1' }), port, '127.1.0.1');
    const connection = await Connection.open(port, '127.1.0.1', '127.1.0.9');
    connection.send(request('MESSAGE', `sip:${core.at}`, { 'X-Edge80-Errand': 'guessed' }));
    await connection.closed;
    server.send(request('MESSAGE', uri, way.headers), port, '127.1.0.1');
    expect(await core.inbox.next()).toMatch(/^MESSAGE sip:bob@ims/);
    expect([connection.inbox.isEmpty, stranger.inbox.isEmpty, core.inbox.isEmpty]).toEqual([true, true, true]);
    expect(relay.dropped).toEqual({ requests: 2, responses: 0 });
  });

  test('strangers that connect and say nothing do not keep the server out', async () => {
    const relay = await start({ limits: { strangers: 2 } });
    const core = kept(await UdpPeer.open('127.1.0.2'));
    const { proxy, headers } = relay.send({ nextHop: `sip:${core.at}`, routes });
    const connect = async (from: string) => {
      const connection = await Connection.open(portOf(proxy), '127.1.0.1', from);
      closers.push(() => connection.socket.destroy());
      return connection;
    };
    const first = await connect('127.1.0.9');
    await connect('127.1.0.9');
    const server = await connect('127.1.0.1');
    await first.closed;
    server.send(request('MESSAGE', uri, headers));
    expect(await core.inbox.next()).toMatch(/^MESSAGE /);
  });

  test('two addresses: the next hop says which one serves', async () => {
    const relay = await start({ hosts: ['127.1.0.1', '::1'] });
    expect(relay.send({ nextHop: 'sip:[2001:db8::1]', routes: [] }).proxy).toMatch(/^sip:\[::1\]:/);
    expect(relay.send({ nextHop: 'sip:192.0.2.1', routes: [] }).proxy).toMatch(/^sip:127\.1\.0\.1:/);
    expect(relay.send({ nextHop: 'sip:core.example', routes: [] }).proxy).toMatch(/^sip:127\.1\.0\.1:/);
    const only4 = await start();
    expect(() => only4.send({ nextHop: 'sip:[2001:db8::1]', routes: [] })).toThrow(
      expect.objectContaining({ code: 'egress-unreachable', sipStatus: 503 }),
    );
  });

  test('O1: the family that a next hop is sent to in, where there are two', async () => {
    const lookups = {
      addresses: (host: string) =>
        host === 'six.example' ? Promise.resolve(['2001:db8::1', '192.0.2.1']) : Promise.reject(new Error()),
      services: () => Promise.reject(new Error()),
      close: () => undefined,
    };
    const both = await start({ hosts: ['127.1.0.1', '::1'], lookups });
    const hops = ['sip:[2001:db8::1]', 'sips:192.0.2.1', 'sip:six.example', 'sip:none.example', 'sips:six.example'];
    const families = await Promise.all(hops.map((hop) => both.familyOf(hop)));
    expect(families).toEqual(['IP6', 'IP4', 'IP6', undefined, undefined]);
    const only4 = await start({ lookups });
    expect(await only4.familyOf('sip:none.example')).toBe('IP4');
    await both.close();
    expect(await both.familyOf('sip:six.example')).toBeUndefined();
  });

  test('a next hop by name, and one whose name does not exist', async () => {
    const core = kept(await UdpPeer.open('127.1.0.2'));
    const lookups = {
      addresses: (host: string) =>
        host === 'core.example' ? Promise.resolve(['127.1.0.2']) : Promise.reject(new Error()),
      services: () => Promise.reject(new Error()),
      close: () => undefined,
    };
    const relay = await start({ lookups });
    const server = kept(await UdpPeer.open('127.1.0.1'));
    for (const host of ['core.example', 'none.example']) {
      const { proxy, headers } = relay.send({ nextHop: core.at.replace(/^.*:/, `sip:${host}:`), routes });
      const Via = `SIP/2.0/UDP 127.1.0.1;branch=z9hG4bK${host}`;
      server.send(request('MESSAGE', uri, { ...headers, Via }), portOf(proxy), '127.1.0.1');
    }
    expect(await core.inbox.next()).toMatch(/^MESSAGE /);
    expect(await server.inbox.next()).toMatch(/^SIP\/2\.0 503 /);
  });

  test('a port that is taken is named', async () => {
    const server = createServer().listen(0, '127.1.0.1');
    await once(server, 'listening');
    closers.push(() => server.close());
    const { port } = server.address() as { port: number };
    const relay = kept(new EgressRelay({ hosts: ['127.1.0.1'], port, logger: silent }));
    await expect(relay.start()).rejects.toMatchObject({
      code: 'egress-listen-failed',
      message: `Cannot listen on 127.1.0.1:${port}: the address is already in use.`,
    });
  });

  test('closed twice, with a connection open and a request waiting, it leaves nothing open', async () => {
    const relay = await start();
    const core = kept(await TcpCore.open('127.1.0.2'));
    const { proxy, headers } = relay.send({ nextHop: `sip:${core.at};transport=tcp`, routes });
    const server = await Connection.open(portOf(proxy), '127.1.0.1', '127.1.0.1');
    const taken = core.connection();
    server.send(request('INVITE', uri, headers));
    const connection = await taken;
    await connection.inbox.next();
    await Promise.all([relay.close(), server.closed, connection.closed]);
    await relay.close();
    const again = createServer().listen(portOf(proxy), '127.1.0.1');
    await once(again, 'listening');
    again.close();
  });
});

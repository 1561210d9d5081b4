import { execFile } from 'node:child_process';
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { createServer } from 'node:tls';
import { pino } from 'pino';
import { choosePlane } from '../../lib/gateway/plane-choice';
import { TcpGateway } from '../../lib/gateway/tcp-gateway';
import { turnCredential } from '../../lib/turn/credentials';
import { TurnServer } from '../../lib/turn/turn-server';
import { selfSigned } from '../unit/access/self-signed';
import { anchor, FakePlaces } from '../unit/turn/turn-lab';
import { describeInNamespaces } from './support/namespaces';

const host = '127.0.0.1';
const secret = 'the secret of these tests';
const logger = pino({ level: 'silent' });
const alice = turnCredential(secret, 'alice', 4_000_000_000);

/** Messages of a client: the first four look like STUN, as they begin with their number; media is what passes. */
const messages = 4;

/** It asks for an even port, and for channels of RFC 5766 beyond those of RFC 8656, as a die tells it. */
const refusedAtRandom = /error 420 |channel bind: error 400 /;

function printedBy(program: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve) => {
    execFile(program, args, (_error, stdout, stderr) => resolve(stdout + stderr));
  });
}

/** Calls of alice whose media is on loopback. */
class Places extends FakePlaces {
  override usersAt({ port }: { port: number }) {
    return super.usersAt({ address: anchor, port });
  }
}

/** Two ports above each other that send back what comes, as RTP and RTCP of a call. */
async function echoes(): Promise<UdpSocket[]> {
  for (;;) {
    const rtp = createSocket('udp4').bind(0, host);
    await once(rtp, 'listening');
    const rtcp = createSocket('udp4').bind(rtp.address().port + 1, host);
    const isFree = await Promise.race([
      once(rtcp, 'listening').then(() => true),
      once(rtcp, 'error').then(() => false),
    ]);
    if (isFree) return [rtp, rtcp];
    rtp.close();
  }
}

describeInNamespaces(
  'turnutils_uclient of coturn',
  () => {
    const places = new Places();
    let sockets: UdpSocket[];

    beforeAll(async () => {
      sockets = await echoes();
      for (const socket of sockets) {
        socket.on('message', (packet, { port, address }) => socket.send(packet, port, address));
        places.tell(socket.address().port, 'alice');
      }
    });

    afterAll(() => {
      for (const socket of sockets) socket.close();
    });

    let gateway: TcpGateway;
    let turn: TurnServer;
    const tls = createServer(selfSigned('edge'));

    beforeEach(async () => {
      turn = new TurnServer({
        ...{ credentials: { realm: 'edge80', secret }, places, advertised: [anchor], boundAt: () => host, logger },
      });
      gateway = new TcpGateway({
        ...{ listen: [{ address: host, port: 0 }], advertised: [], logger, relays: turn },
        plane: choosePlane('auto', availableParallelism(), logger),
      });
      await gateway.listen();
      tls.on('secureConnection', (socket) => {
        const { remoteAddress = '', remotePort = 0 } = socket;
        const remote = { address: remoteAddress, port: remotePort };
        gateway.adopt({ socket: socket.pause(), remote, local: { address: host, port: 443 } });
      });
      await once(tls.listen(0, host), 'listening');
    });

    afterEach(async () => {
      await gateway.close();
      tls.removeAllListeners('secureConnection');
      await new Promise((resolve) => tls.close(resolve));
      expect([turn.counts().allocations, gateway.counters().open]).toEqual([0, 0]);
    });

    /** What one client prints, with a credential of alice, over TCP or TLS. */
    async function run(isSecure: boolean, options: readonly string[]): Promise<string> {
      const { port } = isSecure ? (tls.address() as { port: number }) : gateway.address()[0]!;
      const peer = ['-e', anchor, '-r', String(sockets[0]!.address().port)];
      const server = ['-p', String(port), ...(isSecure ? ['-S'] : []), '-u', alice.username, '-w', alice.password];
      for (;;) {
        const args = ['-v', '-t', '-c', ...server, ...peer, '-n', String(messages), ...options, host];
        const said = await printedBy('turnutils_uclient', args);
        if (!refusedAtRandom.test(said)) return said;
      }
    }

    test.each([
      ['by channels', false, []],
      ['by Send, among requests that are to be refused', false, ['-s', '-G']],
      ['by Send, over TLS', true, ['-s', '-l', '101']],
    ])(
      'M1: what two clients at once send comes back, %s',
      async (_, isSecure, options) => {
        for (const said of await Promise.all([run(isSecure, options), run(isSecure, options)]))
          expect(said).toMatch(/tot_send_msgs=4, tot_recv_msgs=4/);
      },
      120_000,
    );
  },
  { programs: ['turnutils_uclient'] },
);

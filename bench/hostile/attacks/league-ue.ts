import { randomBytes } from 'node:crypto';
import { answeringUser, domain } from '../users';
import { ports, type Target } from './attack';
import { SipSocket } from './sip-socket';

/** A stream of a call, as far as it takes to send checks for it. */
export interface CheckedStream {
  /** USERNAME and the key of a right check. */
  username: string;
  password: string;
}

export interface LeagueCall extends CheckedStream {
  /** The 200 that made its dialog. */
  answer: string;
}

/** A registered UE that turned against the edge. */
export class LeagueUe {
  readonly sip: SipSocket;
  readonly user: string;

  private constructor(sip: SipSocket, user: string) {
    this.sip = sip;
    this.user = user;
  }

  /** Rejects if the edge does not let it register. */
  static async register(target: Target, source = target.sources[0] ?? ''): Promise<LeagueUe> {
    const user = `league${randomBytes(4).toString('hex')}`;
    const sip = new SipSocket(target, ports.sip, source);
    const headers = ['Expires: 600', 'Supported: path'];
    const { status } = await sip.request({ method: 'REGISTER', uri: `sip:${domain}`, user, headers });
    if (status !== 200) throw new Error(`The registration of the attacking UE got ${status}.`);
    return new LeagueUe(sip, user);
  }

  /** Sends an INVITE for a user of the core that is not waited for. */
  invite(callee: string, body: string): void {
    this.sip.send({ ...this.#invite(callee), body });
  }

  /** Makes a call with media over port 80. Rejects if it is not answered. */
  async call(source: string): Promise<LeagueCall> {
    const own = randomBytes(6).toString('hex');
    const { status, text } = await this.sip.request({ ...this.#invite(answeringUser), body: iceOffer(source, own) });
    if (status !== 200) throw new Error(`The call of the attacking UE got ${status}.`);
    this.sip.inDialog(text, { method: 'ACK', cseq: 1 });
    const ufrag = /^a=ice-ufrag:(\S+)/m.exec(text)?.[1] ?? '';
    const password = /^a=ice-pwd:(\S+)/m.exec(text)?.[1] ?? '';
    return { username: `${ufrag}:${own}`, password, answer: text };
  }

  #invite(callee: string) {
    const uri = `sip:${callee}@${domain}`;
    return { method: 'INVITE', uri, user: this.user, headers: ['Content-Type: application/sdp'] };
  }
}

/** Audio with ICE, by UDP and TCP. */
function iceOffer(address: string, ufrag: string): string {
  return sdp(address, [
    'm=audio 40000 RTP/AVP 0',
    'a=rtcp-mux',
    `a=ice-ufrag:${ufrag}`,
    `a=ice-pwd:${randomBytes(16).toString('hex')}`,
    `a=candidate:1 1 UDP 2130706431 ${address} 40000 typ host`,
    `a=candidate:2 1 TCP 1010827775 ${address} 9 typ host tcptype active`,
  ]);
}

/** An offer of `lines` lines of plain audio. */
export function audioOffer(address: string, lines: number): string {
  return sdp(
    address,
    Array.from({ length: lines }, (_, index) => `m=audio ${40_000 + 2 * index} RTP/AVP 0`),
  );
}

/** An offer of `lines` lines of MSRP. */
export function msrpOffer(address: string, lines: number): string {
  const line = (index: number) => [
    `m=message ${40_000 + index} TCP/MSRP *`,
    `a=path:msrp://${address}:${40_000 + index}/s${index};tcp`,
    'a=accept-types:*',
    'a=setup:actpass',
  ];
  return sdp(address, Array.from({ length: lines }, (_, index) => line(index)).flat());
}

function sdp(address: string, lines: readonly string[]): string {
  const head = ['v=0', `o=- 1 1 IN IP4 ${address}`, 's=-', `c=IN IP4 ${address}`, 't=0 0'];
  return `${[...head, ...lines].join('\r\n')}\r\n`;
}

import { randomBytes } from 'node:crypto';
import { addresses, type Network, type UePlace } from '../../../app/demo/network';
import { buildBindingRequest } from '../../../lib/ice/binding';
import { calleeDialog, callerDialog, parse, type Message, type PeerDialog } from '../../unit/sip/sip-peer';
import type { SipPeerFunctions } from '../clients/sip-peer-worker';
import { NamespaceWorker } from './namespace-worker';

const domain = 'ims.example';

/** UDP ports of both ends' media. */
const mediaPort = 4000;

/** What an end does to a call. */
interface Scripted {
  /** Status and SDP of the callee's answer; no status: it rings. */
  status?: number;
  offer: string;
  answer?: string;
}

/** An answered call. */
export interface ScriptedCall {
  /** What the UE was told. */
  toUe: string;
  toCore: string;
  /** The UE ends it. */
  hangUp(): Promise<void>;
}

/** Calls whose SIP and SDP a test writes by hand, between a UE that is registered on a port of its own and the core. */
export class ScriptedCalls {
  readonly #network: Network;
  readonly #place: UePlace;
  readonly ue: NamespaceWorker<SipPeerFunctions>;
  readonly core: NamespaceWorker<SipPeerFunctions>;
  #contact = '';
  #path = '';

  private constructor(network: Network, place: UePlace, core: NamespaceWorker<SipPeerFunctions>) {
    this.#network = network;
    this.#place = place;
    this.ue = new NamespaceWorker(network, place, 'sip-peer-worker');
    this.core = core;
  }

  static async start(network: Network): Promise<ScriptedCalls> {
    const core = new NamespaceWorker<SipPeerFunctions>(network, 'core', 'sip-peer-worker');
    const server = { address: addresses.edgeCore, port: 5060 };
    await core.call('openUdp', { address: addresses.core, port: 5060 }, server);
    const calls = new ScriptedCalls(network, 'ue', core);
    await calls.#register();
    return calls;
  }

  /** A UE at another place, with the same core. */
  async at(place: UePlace): Promise<ScriptedCalls> {
    const calls = new ScriptedCalls(this.#network, place, this.core);
    await calls.#register();
    return calls;
  }

  /** `granted`: headers of the registrar's 200. */
  async #register(granted: Record<string, string> = {}): Promise<void> {
    const edge = { address: addresses.edgeAccess, port: 5060 };
    this.#contact = await this.ue.call('openTcp', this.address, edge);
    const user = `<sip:${this.#place}@${domain}>`;
    const headers = { From: `${user};tag=r`, To: user, Contact: `${this.#contact};expires=600` };
    await this.ue.call('request', 'REGISTER', `sip:${domain}`, headers, '');
    const register = await this.#came(this.core, 'REGISTER');
    await this.core.call('respond', register.raw, 200, { Contact: register.header('Contact'), ...granted }, '');
    this.#path = register.header('Path');
    await this.ue.call('next', '200 REGISTER');
  }

  /** The UE has another connection, and is registered over it. */
  async registerAnew(granted: Record<string, string> = {}): Promise<void> {
    await this.ue.call('end');
    await this.#register(granted);
  }

  get address(): string {
    return addresses[this.#place];
  }

  /** The UE calls; resolves when the core has the INVITE. */
  async invite(offer: string): Promise<{ invite: Message; arrived: Message }> {
    const invite = await this.inviteAlone(offer);
    return { invite, arrived: await this.#came(this.core, 'INVITE') };
  }

  /** The UE calls, and the core may never know. */
  async inviteAlone(offer: string): Promise<Message> {
    const from = `<sip:${this.#place}@${domain}>;tag=${randomBytes(4).toString('hex')}`;
    return parse(await this.ue.call('request', 'INVITE', `sip:bob@${domain}`, { From: from }, offer));
  }

  /** The core calls; resolves when the UE has the INVITE. */
  async inviteUe(offer: string): Promise<{ invite: Message; arrived: Message }> {
    const uri = /<([^>]+)>/.exec(this.#contact)?.[1] ?? '';
    const headers = { Route: this.#path, From: `<sip:bob@${domain}>;tag=${randomBytes(4).toString('hex')}` };
    const invite = parse(await this.core.call('request', 'INVITE', uri, headers, offer));
    return { invite, arrived: await this.#came(this.ue, 'INVITE') };
  }

  /** A call of the UE that the core answers. */
  async call({ offer, answer = plainSdp(addresses.core) }: Scripted): Promise<ScriptedCall> {
    const { invite, arrived } = await this.invite(offer);
    await this.core.call('respond', arrived.raw, 200, {}, answer);
    const ok = await this.#came(this.ue, '200 INVITE');
    await this.ue.call('ack', invite.raw, ok.raw);
    await this.core.call('next', 'ACK');
    return { toUe: ok.body, toCore: arrived.body, hangUp: () => this.#hangUp(callerDialog(invite, ok)) };
  }

  /** A call of the core that the UE answers. */
  async called({ offer, answer = '' }: Scripted): Promise<ScriptedCall> {
    const { invite, arrived } = await this.inviteUe(offer);
    await this.ue.call('respond', arrived.raw, 200, {}, answer);
    const ok = await this.#came(this.core, '200 INVITE');
    await this.core.call('ack', invite.raw, ok.raw);
    await this.ue.call('next', 'ACK');
    const dialog = calleeDialog(arrived, { tag: tagIn(this.#contact) });
    return { toUe: arrived.body, toCore: ok.body, hangUp: () => this.#hangUp(dialog) };
  }

  async final(status: number): Promise<Message> {
    return await this.#came(this.ue, `${status} INVITE`);
  }

  /** RTP of either end, over UDP, to where an SDP says. */
  async rtp(from: 'ue' | 'core', told: string, packets = 20): Promise<void> {
    const place = { address: from === 'ue' ? this.address : addresses.core, port: mediaPort };
    await this[from].call('rtp', place, placeIn(told), packets);
  }

  /** The UE dials port 80 with these bytes. */
  async dial(pieces: readonly Buffer[], stays = 200): Promise<void> {
    const hex = pieces.map((piece) => piece.toString('hex'));
    await this.ue.call('dial', { address: addresses.edgeAccess, port: 80 }, hex, stays);
  }

  async close(): Promise<void> {
    await Promise.all([this.ue.close(), this.core.close()]);
  }

  async #hangUp(dialog: PeerDialog): Promise<void> {
    await this.ue.call('inDialog', dialog, 'BYE');
    const bye = await this.#came(this.core, 'BYE');
    await this.core.call('respond', bye.raw, 200, {}, '');
    await this.ue.call('next', '200 BYE');
  }

  async #came(end: NamespaceWorker<SipPeerFunctions>, wanted: string): Promise<Message> {
    return parse(await end.call('next', wanted));
  }
}

function tagIn(contact: string): string {
  return /sip:([^@]+)@/.exec(contact)?.[1] ?? '';
}

/** RTP/AVP with PCMU. */
export function plainSdp(address: string, more: readonly string[] = [], port = mediaPort): string {
  return [
    ...['v=0', `o=- 1 1 IN IP4 ${address}`, 's=-', `c=IN IP4 ${address}`, 't=0 0'],
    ...[`m=audio ${port} RTP/AVP 0`, ...more, ''],
  ].join('\r\n');
}

/** The same with ICE; `more` are candidates and what else it says. */
export function iceSdp(address: string, more: readonly string[] = []): string {
  const host = `a=candidate:1 1 UDP 2130706431 ${address} ${mediaPort} typ host`;
  return plainSdp(address, ['a=ice-ufrag:scri', 'a=ice-pwd:0123456789abcdef0123456789', 'a=rtcp-mux', host, ...more]);
}

export const tcpCandidate = (address: string) => `a=candidate:2 1 TCP 1518280447 ${address} 9 typ host tcptype active`;

/** What a check of the UE says that is not usual. */
interface CheckOptions {
  ufrag?: string;
  password?: string;
  useCandidate?: boolean;
}

/** A framed check (RFC 4571) to who wrote this SDP. */
export function check(told: string, { ufrag, password, useCandidate = true }: CheckOptions = {}): Buffer {
  const said = (name: string) => new RegExp(`^a=${name}:(\\S+)`, 'm').exec(told)?.[1] ?? '';
  const request = buildBindingRequest({
    transactionId: randomBytes(12),
    username: `${ufrag ?? said('ice-ufrag')}:scri`,
    password: password ?? said('ice-pwd'),
    ...{ priority: 1_518_280_447, useCandidate, tieBreaker: 1n },
  });
  const length = Buffer.alloc(2);
  length.writeUInt16BE(request.length);
  return Buffer.concat([length, request]);
}

function placeIn(told: string): { address: string; port: number } {
  const [, port = '0'] = /^m=audio (\d+)/m.exec(told) ?? [];
  const [, address = ''] = /^c=IN IP4 (\S+)/m.exec(told) ?? [];
  return { address, port: Number(port) };
}

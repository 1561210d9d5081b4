import { createHmac, timingSafeEqual } from 'node:crypto';
import { hostPort } from '../wire/sip-uri';

/** The flow over which a UE registered (RFC 5626 §3): how its messages reach the SIP server. */
export interface Flow {
  transport: 'udp' | 'tcp';
  /** The far end's address and port, as the SIP server sees them. */
  address: string;
  port: number;
  /** Names the connection, where the access listener has it: a port may be another UE's the next minute. */
  connection?: string | undefined;
}

/** Bytes of the HMAC-SHA256 that are kept. */
const macLength = 16;

/**
 * Writes and reads flow tokens (RFC 5626 §5.2): base64url of a truncated HMAC-SHA256, of the instance of the edge that has
 * the flow, and of the flow. The HMAC keeps the core, and whoever else can put a Route into a request, from naming
 * connections at will.
 */
export class FlowTokens {
  /** This instance. */
  readonly instance: string;
  readonly #keys: string[];

  /**
   * The first key signs, all verify, so that a key can be replaced while UEs are registered.
   * @param instance names it among all that have the same keys; without spaces
   */
  constructor(instance: string, keys: [string, ...string[]]) {
    this.instance = instance;
    this.#keys = keys;
  }

  write(flow: Flow): string {
    const text = Buffer.from(`${this.instance} ${flowKey(flow)}`);
    return Buffer.concat([mac(this.#keys[0] ?? '', text), text]).toString('base64url');
  }

  /** Undefined for what none of our keys has signed. */
  read(token: string): { instance: string; flow: Flow } | undefined {
    const bytes = Buffer.from(token, 'base64url');
    // Decoding skips what is no base64url: only the one spelling of a token is accepted.
    if (bytes.length <= macLength || bytes.toString('base64url') !== token) return undefined;
    const text = bytes.subarray(macLength);
    const signed = this.#keys.some((key) => timingSafeEqual(mac(key, text), bytes.subarray(0, macLength)));
    if (!signed) return undefined;
    const [instance = '', transport, address = '', port, connection] = text.toString().split(' ');
    return {
      instance,
      flow: { transport: transport === 'udp' ? 'udp' : 'tcp', address, port: Number(port), connection },
    };
  }
}

/** One text for one flow. */
export function flowKey({ transport, address, port, connection }: Flow): string {
  return [transport, address, port, ...(connection === undefined ? [] : [connection])].join(' ');
}

/** Whether the user part of a URI has the form of a token, whoever wrote it. */
export function looksLikeFlowToken(user: string): boolean {
  return /^[\w-]{32,}$/.test(user);
}

/** The URI that leads a request over the flow. */
export function flowUri({ transport, address, port }: Flow): string {
  return `sip:${hostPort(address, port)};transport=${transport}`;
}

function mac(key: string, text: Buffer): Buffer {
  return createHmac('sha256', key).update(text).digest().subarray(0, macLength);
}

import { edgeInterface, type Network } from '../../../app/demo/network';
import { runTool } from '../../../app/demo/processes';

const table = 'tls_look';

/** A firewall before the UE that passes a connection to TCP 443 if its first bytes look like TLS. */
export class TlsLook {
  readonly #network: Network;

  private constructor(network: Network) {
    this.#network = network;
  }

  static async raise(network: Network): Promise<TlsLook> {
    const look = new TlsLook(network);
    const rules = [
      `add table inet ${table}`,
      `add counter inet ${table} refused`,
      // Behind conntrack, which knows a connection that was let through.
      `add chain inet ${table} arriving { type filter hook prerouting priority mangle; policy accept; }`,
      `add rule inet ${table} arriving iifname != ${edgeInterface.ue} accept`,
      `add rule inet ${table} arriving tcp dport 443 ct mark 1 accept`,
      // A handshake record, or a hello of SSL 2 (RFC 5246 §E.2); what has no payload matches neither.
      `add rule inet ${table} arriving tcp dport 443 @ih,0,16 { 0x1603, 0x8046 } ct mark set 1 accept`,
      `add rule inet ${table} arriving tcp dport 443 @ih,0,8 0-0xff counter name refused drop`,
    ];
    await look.#nft(rules.join('; '));
    return look;
  }

  /** Packets so far that were not let through. */
  async refused(): Promise<number> {
    const listed = await this.#nft('-j', `list counter inet ${table} refused`);
    const { nftables } = JSON.parse(listed) as { nftables: { counter?: { packets: number } }[] };
    return nftables.find(({ counter }) => counter)?.counter?.packets ?? 0;
  }

  async lower(): Promise<void> {
    await this.#nft(`delete table inet ${table}`);
  }

  async #nft(...args: string[]): Promise<string> {
    return await runTool('ip', ['netns', 'exec', this.#network.namespace('edge'), 'nft', ...args]);
  }
}

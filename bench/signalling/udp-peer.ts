import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';

export interface Address {
  host: string;
  port: number;
}

/** As much SIP over UDP as it takes to register a UE and to see whether an edge serves. */
export class UdpPeer {
  readonly #socket: Socket;
  readonly #at: Address;
  #serial = 0;

  private constructor(socket: Socket, at: Address) {
    this.#socket = socket;
    this.#at = at;
  }

  static async bind(at: Address): Promise<UdpPeer> {
    const socket = createSocket('udp4').bind(at.port, at.host);
    await once(socket, 'listening');
    return new UdpPeer(socket, at);
  }

  /** Sends a request, again each 200 ms, until it is answered with 200. */
  async request(method: string, uri: string, to: Address, headers: string[] = []): Promise<void> {
    const { host, port } = this.#at;
    for (let attempt = 0; attempt < 100; attempt++) {
      const id = `${process.pid}-${host}-${++this.#serial}`;
      const lines = [
        `${method} ${uri} SIP/2.0`,
        `Via: SIP/2.0/UDP ${host}:${port};rport;branch=z9hG4bK${id}`,
        'Max-Forwards: 70',
        `From: <sip:ue@example.net>;tag=${id}`,
        'To: <sip:ue@example.net>',
        `Call-ID: ${id}`,
        `CSeq: 1 ${method}`,
        ...headers,
        'Content-Length: 0',
      ];
      this.#socket.send(`${lines.join('\r\n')}\r\n\r\n`, to.port, to.host);
      if (await this.#isAccepted(id)) return;
    }
    throw new Error(`${to.host}:${to.port} does not take ${method}.`);
  }

  /** Accepts every REGISTER. */
  acceptRegistrations(extraHeaders: string[]): void {
    this.#socket.on('message', (datagram, from) => {
      const text = datagram.toString('latin1');
      if (!text.startsWith('REGISTER ')) return;
      const kept = text.split('\r\n').filter((line) => /^(via|from|call-id|cseq|path|contact):/i.test(line));
      const to = /^to:.*$/im.exec(text)?.[0].trimEnd() ?? '';
      const lines = ['SIP/2.0 200 OK', ...kept, `${to};tag=registrar`, 'Expires: 3600', ...extraHeaders];
      this.#socket.send(`${[...lines, 'Content-Length: 0'].join('\r\n')}\r\n\r\n`, from.port, from.address);
    });
  }

  close(): void {
    this.#socket.close();
  }

  async #isAccepted(id: string): Promise<boolean> {
    const signal = AbortSignal.timeout(200);
    try {
      for (;;) {
        const [datagram] = (await once(this.#socket, 'message', { signal })) as [Buffer];
        const text = datagram.toString('latin1');
        if (text.includes(id) && /^SIP\/2\.0 [2-6]/.test(text)) {
          if (text.startsWith('SIP/2.0 200')) return true;
          await once(signal, 'abort');
        }
      }
    } catch {
      return false;
    }
  }
}

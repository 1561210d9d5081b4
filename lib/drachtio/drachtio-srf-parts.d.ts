declare module 'drachtio-srf/lib/sip-parser/parser' {
  const parser: {
    parseSipMessage: (
      text: string,
      lazy?: boolean,
    ) => { headers: Record<string, string>; uri?: string; body?: string | undefined } | undefined;
    stringifySipMessage: (message: object) => string;
    getParser: (name: string) => (reading: { s: string; i: number }) => unknown;
    parseUri: (uri: unknown) => unknown;
  };
  export default parser;
}

declare module 'drachtio-srf/lib/wire-protocol' {
  import type { EventEmitter } from 'node:events';
  import type { Socket } from 'node:net';

  class WireProtocol extends EventEmitter {
    _onData(socket: Socket, chunk: Buffer): void;
    send(socket: Socket, message: string): string;
  }
  export default WireProtocol;
}

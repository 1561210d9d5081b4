declare module 'drachtio-srf/lib/sip-parser/parser' {
  const parser: {
    parseSipMessage: (text: string, lazy?: boolean) => { headers: Record<string, string>; uri?: string } | undefined;
    stringifySipMessage: (message: object) => string;
  };
  export default parser;
}

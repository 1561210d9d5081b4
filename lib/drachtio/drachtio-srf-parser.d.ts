declare module 'drachtio-srf/lib/sip-parser/parser' {
  const parser: { parseSipMessage: (text: string, lazy?: boolean) => unknown };
  export default parser;
}

declare module 'drachtio-srf/lib/sip-parser/parser' {
  const parser: { parseSipMessage: (text: string, lazy?: boolean) => { headers: Record<string, string> } | undefined };
  export default parser;
}

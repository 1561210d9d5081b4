declare module 'drachtio-srf/lib/sip-parser/message' {
  const Message: new (text: string) => object;
  export default Message;
}

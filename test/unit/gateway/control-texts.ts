const rtpHeader = [0x80, 0, 0, 1, 0, 0, 0, 160, 1, 2, 3, 4];
const behind = (header: readonly number[], text: string) => Buffer.concat([Buffer.from(header), Buffer.from(text)]);
/** The first of the bytes is its SSRC's. */
const rtcp = (text: string) => {
  const padded = text.padEnd(4 * Math.ceil(text.length / 4));
  return behind([0x80, 204, 0, padded.length / 4], padded);
};

/** What passes for RTP or RTCP by its header, and is obeyed by a service that takes text. */
export function controlTexts(): [string, Buffer][] {
  const sip = 'INVITE sip:a@example SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1\r\n\r\n';
  return [
    ['an ng command', behind(rtpHeader, ' d7:command4:liste')],
    ['an ng command of several keys', behind(rtpHeader, 'x d7:call-id1:a7:command6:deletee')],
    ['an ng command whose cookie is but 1 byte', behind([0x80], ' d7:command4:liste')],
    ['an ng command with a number that is odd to write', behind(rtpHeader, ' d+7:command4:liste')],
    ['an ng command, and more behind it', behind(rtpHeader, ' d7:command4:liste and more')],
    ['an ng command in JSON', behind(rtpHeader, ' {"command":"list"}')],
    ['an ng command in JSON with escapes', behind(rtpHeader, ' {"\\u0063ommand":"list","call-id":"ü€😀"}')],
    ['an ng command in JSON with blanks and comments', behind(rtpHeader, ' {/*}*/ "command" : "list" } \n')],
    ['an ng command as RTCP', rtcp('abcd d7:command4:liste')],
    ['a SIP request', behind(rtpHeader, sip)],
    ['a SIP request in small letters', behind(rtpHeader, sip.toLowerCase())],
    ['a SIP request behind a slash at the start', behind([0x80, 0x2f, 0x2f], sip)],
    ['a SIP response', behind(rtpHeader, 'SIP/2.0 200 OK\r\n\r\n')],
    ['the end of a SIP request', behind(rtpHeader, 'INVITE sip:a@example SIP/2.0')],
    ['SIP as RTCP', rtcp(`abcd${sip}`)],
  ];
}

/** Media that has something of it. */
export function likeControlText(): [string, Buffer][] {
  return [
    ['spaces and slashes', behind(rtpHeader, ' / / d / { /2.0 zip/2.0 sip/2.1 SIP/')],
    ['a space at the end', behind(rtpHeader, 'x ')],
    ['a dictionary that commands nothing', behind(rtpHeader, ' d7:result2:oke')],
    ['a command that is not behind the first space', behind(rtpHeader, ' x d7:command4:liste')],
    ['braces of what is no UTF-8', Buffer.concat([behind(rtpHeader, ' {":}'), Buffer.from([0xff, 0xd5])])],
    ['UTF-8 that is cut', Buffer.concat([behind(rtpHeader, ' {":}'), Buffer.from([0xe2, 0x82])])],
    ['braces without a colon', behind(rtpHeader, ' {"command"}')],
  ];
}

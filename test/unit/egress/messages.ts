import { createLogger } from '../../../lib/ops/logger';

export const silent = createLogger('silent');

/** A request as the SIP server sends it. */
export function request(method: string, uri: string, headers: Record<string, string> = {}, body = ''): string {
  const all = {
    Via: 'SIP/2.0/UDP 127.1.0.1:5060;rport;branch=z9hG4bKserver1',
    'Max-Forwards': '69',
    From: '<sip:alice@ims.example>;tag=a1',
    To: '<sip:bob@ims.example>',
    'Call-ID': 'call-1',
    CSeq: `1 ${method}`,
    ...headers,
  };
  return write(`${method} ${uri} SIP/2.0`, all, body);
}

/** An answer to a request as it arrived, with all of its Via headers. */
export function answer(received: string, status: number, headers: Record<string, string> = {}, body = ''): string {
  const kept = received.split('\r\n').filter((line) => /^(via|from|to|call-id|cseq):/i.test(line));
  const extra = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return [`SIP/2.0 ${status} Test`, ...kept, ...extra, `Content-Length: ${body.length}`, '', body].join('\r\n');
}

/** All values of a header of a message. */
export function lines(message: string, name: string): string[] {
  return message.split('\r\n').flatMap((line) => {
    const [, key, value = ''] = /^([^:]+): ?(.*)$/.exec(line) ?? [];
    return key?.toLowerCase() === name.toLowerCase() ? [value] : [];
  });
}

export function branchOf(message: string): string {
  return /branch=([^;]+)/.exec(lines(message, 'Via')[0] ?? '')?.[1] ?? '';
}

function write(startLine: string, headers: Record<string, string>, body: string): string {
  const all = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return [startLine, ...all, `Content-Length: ${body.length}`, '', body].join('\r\n');
}

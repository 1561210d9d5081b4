import { randomBytes } from 'node:crypto';
import type { ContinuationFlag } from './message-reader';

/** What {@link buildMessage} writes. */
export interface MsrpDraft {
  transactionId: string;
  /** A method, or a status and its comment. */
  start: string;
  toPath: string;
  fromPath: string;
  /** After the paths, in order; Content-Type must be the last where there is a body (RFC 4975 §9). */
  headers?: readonly (readonly [name: string, value: string])[];
  body?: Buffer;
  flag?: ContinuationFlag;
}

/** A message with its body, ready to be sent. */
export function buildMessage(draft: MsrpDraft): Buffer {
  const { transactionId, start, toPath, fromPath, headers = [], body, flag = '$' } = draft;
  const lines = [
    `MSRP ${transactionId} ${start}`,
    `To-Path: ${toPath}`,
    `From-Path: ${fromPath}`,
    ...headers.map(([name, value]) => `${name}: ${value}`),
  ];
  const head = Buffer.from(`${lines.join('\r\n')}\r\n${body === undefined ? '' : '\r\n'}`);
  const end = Buffer.from(`${body === undefined ? '' : '\r\n'}-------${transactionId}${flag}\r\n`);
  return Buffer.concat([head, body ?? Buffer.alloc(0), end]);
}

/** A transaction identifier whose end-line does not stand in the body (RFC 4975 §7.1). */
export function newTransactionId(body?: Buffer): string {
  for (;;) {
    const id = randomBytes(8).toString('hex');
    if (body?.includes(`-------${id}`) !== true) return id;
  }
}

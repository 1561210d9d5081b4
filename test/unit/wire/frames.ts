export const opcodes = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9 } as const;

/** A WebSocket frame (RFC 6455 §5.2) as a client writes it, or wrongly. */
export function frame(
  opcode: number,
  payload: string | Buffer = '',
  { fin = true, mask = true }: { fin?: boolean; mask?: boolean } = {},
): Buffer {
  const bytes = Buffer.from(payload);
  const long = Buffer.alloc(bytes.length > 65_535 ? 8 : 2);
  if (bytes.length > 65_535) long.writeBigUInt64BE(BigInt(bytes.length));
  else long.writeUInt16BE(bytes.length);
  const short = bytes.length < 126 ? bytes.length : bytes.length > 65_535 ? 127 : 126;
  const key = Buffer.from(mask ? [1, 2, 3, 4] : []);
  return Buffer.concat([
    Buffer.from([(fin ? 0x80 : 0) | opcode, (mask ? 0x80 : 0) | short]),
    short < 126 ? Buffer.alloc(0) : long,
    key,
    mask ? bytes.map((byte, index) => byte ^ (key[index % 4] ?? 0)) : bytes,
  ]);
}

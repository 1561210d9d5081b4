import { createCipheriv, createHmac } from 'node:crypto';

const cipher = 'aes-128-ctr';
const headerBytes = 12;
const tagBytes = 10;

/** Bytes of a master key and of a master salt. */
const keyBytes = 16;
const saltBytes = 14;

/** Labels of what is derived (RFC 3711 §4.3.2). */
const labels = { encryption: 0, authentication: 1, salt: 2 };

/** Of a stream's sender: SRTP_AES128_CM_HMAC_SHA1_80 (RFC 3711), for packets without CSRCs and extension. */
export class SrtpSender {
  readonly #key: Buffer;
  readonly #salt: Buffer;
  readonly #authenticationKey: Buffer;
  /** Times that the sequence number has begun anew (§3.3.1). */
  #rollovers = 0;
  #last = 0;

  private constructor(masterKey: Buffer, masterSalt: Buffer) {
    const derived = (label: number, bytes: number) => {
      const iv = Buffer.concat([masterSalt, Buffer.alloc(2)]);
      iv[7] = (iv[7] ?? 0) ^ label;
      return createCipheriv(cipher, masterKey, iv).update(Buffer.alloc(bytes));
    };
    this.#key = derived(labels.encryption, keyBytes);
    this.#authenticationKey = derived(labels.authentication, 20);
    this.#salt = derived(labels.salt, saltBytes);
  }

  /** @param material that DTLS exports: keys of client and server, then their salts (RFC 5764 §4.2) */
  static ofServer(material: Buffer): SrtpSender {
    const salts = 2 * keyBytes + saltBytes;
    return new SrtpSender(material.subarray(keyBytes, 2 * keyBytes), material.subarray(salts, salts + saltBytes));
  }

  static readonly materialBytes = 2 * (keyBytes + saltBytes);

  protect(packet: Buffer): Buffer {
    const sequence = packet.readUInt16BE(2);
    if (sequence < this.#last) this.#rollovers += 1;
    this.#last = sequence;
    // Salt, SSRC and index of the packet (§4.1.1).
    const iv = Buffer.alloc(16);
    packet.copy(iv, 4, 8, headerBytes);
    iv.writeUInt32BE(this.#rollovers, 8);
    iv.writeUInt16BE(sequence, 12);
    for (const [at, byte] of this.#salt.entries()) iv[at] = (iv[at] ?? 0) ^ byte;
    const payload = createCipheriv(cipher, this.#key, iv).update(packet.subarray(headerBytes));
    const sent = Buffer.concat([packet.subarray(0, headerBytes), payload]);
    const rollovers = Buffer.alloc(4);
    rollovers.writeUInt32BE(this.#rollovers);
    const tag = createHmac('sha1', this.#authenticationKey).update(sent).update(rollovers).digest();
    return Buffer.concat([sent, tag.subarray(0, tagBytes)]);
  }
}

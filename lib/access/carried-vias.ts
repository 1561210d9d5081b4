import { createCipheriv, createDecipheriv, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/** Bytes of the HMAC, which is the initialization vector as well. */
const markLength = 12;

/**
 * Puts the Vias of the SIP server into the branch of ours, so that a UE sees ours alone, and takes them out of the
 * branch that comes back. Nothing is kept meanwhile, however many requests a UE leaves unanswered.
 *
 * Encrypted with a vector that is an HMAC of the text, as in SIV (RFC 5297): the same Vias make the same branch, as a
 * CANCEL and the ACK of a refusal need it (RFC 3261 §9.1, §17.1.1.3), a UE reads nothing in it and can make none up.
 */
export class CarriedVias {
  readonly #encryption = randomBytes(16);
  readonly #authentication = randomBytes(32);
  /** What most Vias begin with, and is left out of the branch: some phones have little room for it. */
  readonly #common: string;

  /** `common`: a Via of the SIP server up to its parameters. */
  constructor(common: string) {
    this.#common = common;
  }

  /** A token (RFC 3261 §25.1). */
  seal(vias: string): string {
    const text = vias.startsWith(`${this.#common};`) ? vias.slice(this.#common.length) : vias;
    const bytes = Buffer.from(text, 'latin1');
    const mark = this.#mark(bytes);
    const cipher = createCipheriv('aes-128-ctr', this.#encryption, vector(mark));
    return Buffer.concat([mark, cipher.update(bytes), cipher.final()]).toString('base64url');
  }

  /** The Vias in a token of ours; undefined for any other. */
  open(token: string): string | undefined {
    const sealed = Buffer.from(token, 'base64url');
    if (sealed.length < markLength) return undefined;
    const mark = sealed.subarray(0, markLength);
    const decipher = createDecipheriv('aes-128-ctr', this.#encryption, vector(mark));
    const bytes = Buffer.concat([decipher.update(sealed.subarray(markLength)), decipher.final()]);
    if (!timingSafeEqual(mark, this.#mark(bytes))) return undefined;
    const text = bytes.toString('latin1');
    return text.startsWith(';') ? this.#common + text : text;
  }

  #mark(bytes: Buffer): Buffer {
    return createHmac('sha256', this.#authentication).update(bytes).digest().subarray(0, markLength);
  }
}

function vector(mark: Buffer): Buffer {
  return Buffer.concat([mark, Buffer.alloc(16 - markLength)]);
}

import { createHash } from 'node:crypto';
import { keptReplies } from './limits';
import { textOf } from './value';
import type { NgMessage } from './message';

interface Kept {
  reply: Buffer;
  /** When it is forgotten, ms. */
  until: number;
}

/**
 * The replies to the commands of the last minute: a command that is repeated is not executed again. Cookies of different
 * clients may be equal, as may be those of one that was started anew, so a command is the same only if it comes from the
 * same address and says the same. The port may be another: OpenSIPS opens a socket for each try.
 */
export class Repeats {
  readonly #underWay = new Map<string, Promise<Buffer | undefined>>();
  /** The oldest first. */
  readonly #kept = new Map<string, Kept>();
  readonly #now: () => number;
  #bytes = 0;

  /** @param now ms, rising */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Commands without a reply yet. */
  get underWay(): number {
    return this.#underWay.size;
  }

  /** Bytes of all replies. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The reply to this command, if it came before, or what it will be; undefined: it did not come. */
  of(client: string, message: NgMessage): Buffer | Promise<Buffer | undefined> | undefined {
    this.#forgetOld();
    const key = keyOf(client, message);
    return this.#kept.get(key)?.reply ?? this.#underWay.get(key);
  }

  /**
   * @param run gives the reply; undefined: there is none, and the command is executed when it is repeated. Must not reject
   */
  async keep(client: string, message: NgMessage, run: () => Promise<Buffer | undefined>): Promise<Buffer | undefined> {
    const key = keyOf(client, message);
    const running = run();
    this.#underWay.set(key, running);
    const reply = await running;
    this.#underWay.delete(key);
    if (reply !== undefined) {
      this.#kept.set(key, { reply, until: this.#now() + keptReplies.ms });
      this.#bytes += reply.length;
      this.#forgetOld();
    }
    return reply;
  }

  #forgetOld(): void {
    for (const [key, { reply, until }] of this.#kept) {
      if (until > this.#now() && this.#bytes <= keptReplies.bytes) return;
      this.#kept.delete(key);
      this.#bytes -= reply.length;
    }
  }
}

function keyOf(client: string, { cookie, payload }: NgMessage): string {
  return `${client} ${textOf(cookie)} ${createHash('sha1').update(payload).digest('base64')}`;
}

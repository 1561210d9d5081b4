import type { Fallback } from '../media/fallback';
import { isList, type NgDictionary, type NgValue } from './value';

/** Ours, by which a client says who gets the candidates on our ports; it must not reach rtpengine. */
const fallbackFlag = 'tcp-fallback';

const fallbacks: readonly string[] = ['always', 'offered', 'off'] satisfies Fallback[];

/** All flags in one string, as Kamailio sends them where it is told to. */
const flagStrings = ['rtpp-flags', 'rtpp_flags'];

/**
 * What a command asks for beside its SDP. Clients say it in three shapes: as a key of the command (`ICE: force`), as a
 * word of the list `flags` (`ICE=force`), or as a word of one string with all flags. Names are spelled with spaces,
 * hyphens or underscores.
 */
export class CallOptions {
  readonly #values = new Map<string, string[]>();
  readonly #words = new Set<string>();

  constructor(command: NgDictionary) {
    for (const [key] of command.entries) {
      const name = key.toString('latin1');
      if (name !== 'sdp') this.#add(name, command.words(name));
    }
    for (const word of [...command.words('flags'), ...flagStrings.flatMap((key) => wordsIn(command.text(key) ?? ''))])
      this.#addWord(word);
  }

  /** All that is said under this name. */
  values(name: string): readonly string[] {
    return this.#values.get(name) ?? [];
  }

  /** A flag without a value. */
  has(word: string): boolean {
    return this.#words.has(word);
  }

  /** Undefined: it is not said, or cannot be understood. */
  get fallback(): Fallback | undefined {
    const said = this.values(fallbackFlag).at(-1);
    return fallbacks.find((each): each is Fallback => each === said);
  }

  #addWord(word: string): void {
    const at = word.search(/[=:]/);
    if (at === -1) this.#words.add(normal(word));
    else this.#add(word.slice(0, at), [word.slice(at + 1)]);
  }

  #add(name: string, values: readonly string[]): void {
    const known = this.#values.get(normal(name)) ?? [];
    this.#values.set(normal(name), [...known, ...values]);
  }
}

/** Where the SIP with this SDP came from, as `received-from: [IP4, 192.0.2.1]` says. */
export function ueAddress(options: CallOptions): string | undefined {
  return options.values('received-from').at(-1);
}

/** The command without what is ours; the same one where there is nothing of it. */
export function withoutOurs(command: NgDictionary): NgDictionary {
  if (!saysOurs(command)) return command;
  return command.without(...spellings(command)).map((value, key) => {
    if (key === 'flags')
      return isList(value) ? value.filter((item) => !(item instanceof Buffer && isOurs(item))) : value;
    if (!flagStrings.includes(key) || !(value instanceof Buffer)) return value;
    const words = wordsIn(value.toString('latin1')).filter((word) => !isOurs(Buffer.from(word, 'latin1')));
    return Buffer.from(words.join(' '), 'latin1');
  });
}

function saysOurs(command: NgDictionary): boolean {
  const words = [...command.words('flags'), ...flagStrings.flatMap((key) => wordsIn(command.text(key) ?? ''))];
  return spellings(command).length > 0 || words.some((word) => isOurs(Buffer.from(word, 'latin1')));
}

/** Keys of the command that are ours. */
function spellings(command: NgDictionary): string[] {
  return command.entries.map(([key]) => key.toString('latin1')).filter((name) => normal(name) === fallbackFlag);
}

function isOurs(word: NgValue & Buffer): boolean {
  const [name = ''] = word.toString('latin1').split(/[=:]/, 1);
  return normal(name) === fallbackFlag;
}

function wordsIn(flags: string): string[] {
  return flags.split(/\s+/).filter((word) => word !== '');
}

/** One spelling for each name. */
function normal(name: string): string {
  return name.toLowerCase().replace(/[ _]/g, '-');
}

import { MessageReader, type MsrpFault, type MsrpHead } from './message-reader';
import { sameMsrpUri } from './msrp-uri';

/** The paths of one direction, for a peer without a=msrp-cema that was shown a path of ours (H9). */
export interface PathRewriting {
  /** Our URI that the sender was shown: it writes it into To-Path. */
  shown: string;
  /** The receiver's own path, of one or more URIs (behind relays), that is put in its place. */
  real: string;
  /** Our URI that the receiver was shown: what From-Path says instead of the sender's. */
  from: string;
}

/**
 * Rewrites To-Path and From-Path in the messages of a byte stream, whatever the chunks are that it comes
 * in; all else passes as it is, bodies in the pieces in which they arrive.
 *
 * A To-Path that is not the one shown is left alone: the receiver answers it with 481 (RFC 4975 §7.3).
 */
export class PathRewriter {
  readonly #rewriting: PathRewriting;
  readonly #reader = new MessageReader();
  /** Heads whose To-Path was not the one shown. */
  strays = 0;

  constructor(rewriting: PathRewriting) {
    this.#rewriting = rewriting;
  }

  /** What can be passed on; with a fault, no later byte can. */
  push(chunk: Buffer): { passed: Buffer[]; fault?: MsrpFault } {
    const passed: Buffer[] = [];
    for (const unit of this.#reader.push(chunk)) {
      if (unit.kind === 'broken') return { passed, fault: unit.fault };
      passed.push(unit.kind === 'head' ? this.#rewritten(unit.head) : unit.bytes);
    }
    return { passed };
  }

  /** Each path stands once, before all other headers (RFC 4975 §9): no later line is looked at. */
  #rewritten(head: MsrpHead): Buffer {
    const lines = head.lines.map((line, at) => (at < 2 ? this.#line(line, head.method === undefined) : line));
    const blank = head.hasBody ? '\r\n' : '';
    return Buffer.from([head.startLine, ...lines].map((line) => `${line}\r\n`).join('') + blank, 'latin1');
  }

  #line(line: string, isResponse: boolean): string {
    const { shown, real, from } = this.#rewriting;
    const [, name = '', value = ''] = /^(To-Path|From-Path):(.*)$/i.exec(line) ?? [];
    if (name === '') return line;
    if (name.toLowerCase() === 'from-path') return `${name}: ${from}`;
    const path = value.trim();
    if (path !== shown && !sameMsrpUri(path, shown)) {
      this.strays += 1;
      return line;
    }
    // A response goes to the previous hop alone (RFC 4975 §7.2).
    return `${name}: ${isResponse ? (real.split(' ', 1)[0] ?? real) : real}`;
  }
}

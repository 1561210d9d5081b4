/*
 * What goes in on one side of the edge and what leaves on the other, as test/vectors/sip/README.md describes it. Files are
 * read as latin1: one character is one byte, whatever the bytes are.
 */

export interface Exchange {
  readonly title: string;
  /** Why drachtio-server cannot do this; undefined: it can. */
  readonly embeddedOnly: string | undefined;
  readonly steps: readonly Step[];
}

export interface Step {
  /** Where it stands, for whoever reads a failure. */
  readonly line: number;
  /** `ue`, `ue2`, `core`, … */
  readonly who: string;
  readonly does: 'sends' | 'gets' | 'never gets' | 'registers' | 'closes';
  /** `INVITE sip:bob@ims.example`, `200 INVITE`, … */
  readonly what: string;
  readonly inDialog: boolean;
  /** Tag of To that a response has in place of its sender's own. */
  readonly tag: string | undefined;
  /** Headers in their order. An empty value: none. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string | undefined;
}

const stepPattern =
  /^((?:ue|core)\d?|ecscf) (sends|gets|never gets|registers|closes)(?: (.*?))??( in the dialog)?(?: with tag (\S+))?$/;

/** @throws Error for a line that means nothing. */
export function parseExchange(text: string): Exchange {
  const [title = '', ...lines] = text.split(/\r?\n/);
  const steps: Step[] = [];
  let embeddedOnly: string | undefined;
  let headers: [string, string][] = [];
  let body: { text: string } = { text: '' };
  for (const [index, line] of lines.entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const step = stepPattern.exec(line);
    const [, reason] = /^not with drachtio-server: (.+)$/.exec(line) ?? [];
    const [, name, value = ''] = /^ +([\w-]+):[ \t]*(.*)$/.exec(line) ?? [];
    const [, part] = /^ +\| ?(.*)$/.exec(line) ?? [];
    if (step) {
      const [, who = '', does = '', what = '', inDialog, tag] = step;
      headers = [];
      body = { text: '' };
      const content = body;
      const place = { line: index + 2, who, does: does as Step['does'], what, inDialog: inDialog !== undefined, tag };
      steps.push({
        ...place,
        headers,
        get body() {
          return content.text === '' ? undefined : content.text;
        },
      });
    } else if (reason !== undefined) embeddedOnly = reason;
    else if (name !== undefined) headers.push([name, unescaped(value)]);
    else if (part !== undefined)
      body.text += part.endsWith('\\') ? unescaped(part.slice(0, -1)) : `${unescaped(part)}\r\n`;
    else throw new Error(`line ${index + 2} is no step, no header and no body: ${line}`);
  }
  return { title: Buffer.from(title, 'latin1').toString(), embeddedOnly, steps };
}

/** `\x00` is a byte, `\\` a backslash. */
function unescaped(text: string): string {
  return text.replace(/\\(?:x([\da-f]{2})|\\)/gi, (_all, code?: string) =>
    code === undefined ? '\\' : String.fromCharCode(parseInt(code, 16)),
  );
}

/** The values that stand for `{name}` in what is sent, and that what is received is compared with. */
export class Bindings {
  readonly #values = new Map<string, string>();

  set(name: string, value: string): void {
    this.#values.set(name, value);
  }

  /** @throws Error for a name that nothing is bound to. */
  filled(text: string): string {
    return text.replace(/\{([\w.-]+)\}/g, (_all, name: string) => {
      const value = this.#values.get(name);
      if (value === undefined) throw new Error(`{${name}} is not known`);
      return value;
    });
  }

  /**
   * Whether `text` is what `pattern` says: `{}` stands for anything, `{name}` for the value of that name; one that has none
   * yet stands for anything and gets it as its value.
   */
  match(pattern: string, text: string): boolean {
    const open: string[] = [];
    const parts = pattern.split(/(\{[\w.-]*\})/).map((part) => {
      const [, name] = /^\{([\w.-]*)\}$/.exec(part) ?? [];
      if (name === undefined) return literal(part);
      const value = this.#values.get(name);
      if (value !== undefined) return literal(value);
      open.push(name);
      return '([^]*?)';
    });
    const found = new RegExp(`^${parts.join('')}$`).exec(text);
    if (found) open.forEach((name, i) => name !== '' && this.#values.set(name, found[i + 1] ?? ''));
    return found !== null;
  }
}

function literal(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}

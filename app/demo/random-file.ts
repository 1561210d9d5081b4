import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** bytes */
const size = 10_000_000;

/** A file of random bytes in a folder of its own, for the callee and back. */
export class RandomFile {
  readonly bytes = size;
  /** hex */
  readonly sha256: string;
  readonly #folder: string;

  constructor() {
    this.#folder = mkdtempSync(join(tmpdir(), `edge80-demo-${process.pid}-`));
    const content = randomBytes(size);
    this.sha256 = createHash('sha256').update(content).digest('hex');
    writeFileSync(this.#sent, content);
  }

  /** Options of the UE tool for the end that calls: it sends the file, and takes what comes back. */
  get callerOptions(): string[] {
    return ['--send-file', this.#sent, '--receive-file', join(this.#folder, 'returned')];
  }

  /** Options for the end that is called: it sends back what came. */
  get calleeOptions(): string[] {
    return ['--receive-file', join(this.#folder, 'arrived'), '--send-back'];
  }

  /** Removes all of it; may be called twice. */
  close(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  get #sent(): string {
    return join(this.#folder, 'sent');
  }
}

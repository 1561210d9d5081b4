import { createHash, randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import type { WorkFolder } from './work-folder';

/** bytes */
const size = 10_000_000;

/** A file of random bytes, for the callee and back. */
export class RandomFile {
  readonly bytes = size;
  /** hex */
  readonly sha256: string;
  readonly #folder: WorkFolder;

  constructor(folder: WorkFolder) {
    this.#folder = folder;
    const content = randomBytes(size);
    this.sha256 = createHash('sha256').update(content).digest('hex');
    writeFileSync(this.#sent, content);
  }

  /** Options of the UE tool for the end that calls: it sends the file, and takes what comes back. */
  get callerOptions(): string[] {
    return ['--send-file', this.#sent, '--receive-file', this.#folder.file('returned')];
  }

  /** Options for the end that is called: it sends back what came. */
  get calleeOptions(): string[] {
    return ['--receive-file', this.#folder.file('arrived'), '--send-back'];
  }

  get #sent(): string {
    return this.#folder.file('sent');
  }
}

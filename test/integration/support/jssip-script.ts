import { buildSync } from 'esbuild';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** jssip-page.js with JsSIP and browser-page.js in it, for a browser. */
export class JsSipScript {
  readonly #directory = mkdtempSync(join(tmpdir(), 'e80-jssip-'));
  readonly path = join(this.#directory, 'jssip-page.js');

  constructor() {
    const entry = join(__dirname, '..', 'clients', 'jssip-page.js');
    buildSync({ entryPoints: [entry], outfile: this.path, bundle: true, format: 'iife', logLevel: 'warning' });
  }

  close(): void {
    rmSync(this.#directory, { recursive: true });
  }
}

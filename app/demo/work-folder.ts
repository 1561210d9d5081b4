import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Where a run of the demo keeps its files. */
export class WorkFolder {
  readonly path = mkdtempSync(join(tmpdir(), `edge80-demo-${process.pid}-`));

  file(name: string): string {
    return join(this.path, name);
  }

  /** Removes all of it; may be called twice. */
  close(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

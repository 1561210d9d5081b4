import { statSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** A folder of pages in `app`, which are served as they are, above this file, compiled or not; undefined: it is not there. */
export function pagesFolder(name: string): string | undefined {
  for (let folder = __dirname; folder !== dirname(folder); folder = dirname(folder)) {
    const pages = join(folder, 'app', name);
    if (isFolder(pages)) return pages;
  }
  return undefined;
}

export function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

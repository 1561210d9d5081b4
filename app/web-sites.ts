import { statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { EdgeError } from '../lib/errors';
import type { Sites } from '../lib/web/sites';
import type { PcscfConfig } from './config';

/** What HTTP on the shared ports serves. @throws EdgeError `config-invalid`, naming the setting */
export function webSites({ ACME_CHALLENGES, WEB_PHONE, HTTP_BACKEND }: PcscfConfig): Sites {
  return {
    challenges: ACME_CHALLENGES === undefined ? undefined : challengesOf(ACME_CHALLENGES),
    phone: WEB_PHONE === 'on' ? phoneFolders() : undefined,
    backend: HTTP_BACKEND,
  };
}

function challengesOf(place: string): Sites['challenges'] {
  if (place.startsWith('http://')) return { backend: place };
  if (isFolder(place)) return { folder: place };
  throw new EdgeError('config-invalid', `ACME_CHALLENGES is neither an http URL nor a folder: ${place}.`);
}

function phoneFolders(): NonNullable<Sites['phone']> {
  for (let folder = __dirname; folder !== dirname(folder); folder = dirname(folder)) {
    const pages = join(folder, 'app', 'phone');
    if (isFolder(pages)) return { pages, library: dirname(require.resolve('sip.js')) };
  }
  throw new EdgeError('config-invalid', 'WEB_PHONE is on, but its pages (app/phone) are not where edge80 is.');
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

import { dirname } from 'node:path';
import { EdgeError } from '../lib/errors';
import type { Sites } from '../lib/web/sites';
import type { PcscfConfig } from './config';
import { isFolder, pagesFolder } from './pages';

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
  const pages = pagesFolder('phone');
  if (pages !== undefined) return { pages, library: dirname(require.resolve('sip.js')) };
  throw new EdgeError('config-invalid', 'WEB_PHONE is on, but its pages (app/phone) are not where edge80 is.');
}

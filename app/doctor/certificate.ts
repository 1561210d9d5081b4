import { X509Certificate } from 'node:crypto';
import { EdgeError } from '../../lib/errors';
import { wallClock } from '../../lib/ops/clock';
import { readCertificate } from '../certificate';
import type { Config } from '../config';
import { bad, doubtful, good, type Finding } from './finding';

const day = 86_400_000;

/** Shorter is soon, ms. */
const soon = 14 * day;

/** Whether the certificate can be used, whom it is for, and until when. */
export function certificateFinding(config: Config, now = wallClock()): Finding {
  const what = 'certificate';
  if (config.TLS_CERT_FILE === undefined)
    return doubtful(
      what,
      'TLS_CERT_FILE is not set',
      'No client trusts one that the edge signs itself: it is for trying out.',
    );
  try {
    const { subjectAltName = 'nobody', validFrom, validTo } = new X509Certificate(readCertificate(config).cert);
    const found = `${subjectAltName}, until ${validTo}`;
    if (Date.parse(validFrom) > now)
      return bad(what, `${found}, not before ${validFrom}`, 'Is the clock of this machine right?');
    if (Date.parse(validTo) <= now)
      return bad(what, `${found}: it has expired`, 'Renew it: the edge takes the new file without a restart.');
    return Date.parse(validTo) - now < soon
      ? doubtful(what, found, 'It expires soon: is its renewal running?')
      : good(what, found);
  } catch (error) {
    if (!(error instanceof EdgeError)) throw error;
    return bad(what, error.message, error.help ?? '');
  }
}

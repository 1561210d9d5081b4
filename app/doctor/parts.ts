import { Srf } from '../../lib/drachtio/srf';
import { EdgeError } from '../../lib/errors';
import { createLogger } from '../../lib/ops/logger';
import { parseControlUrl } from '../../lib/rtpengine/control-address';
import { NgClient } from '../../lib/rtpengine/ng-client';
import { CallNames } from '../../lib/rtpengine/call-names';
import { RtpenginePool } from '../../lib/rtpengine/pool';
import type { Config } from '../config';
import { bad, doubtful, good, type Finding } from './finding';

/** How long drachtio-server may take to answer, ms. */
const patience = 3000;

/** Whether drachtio-server takes an app with this secret. */
export async function drachtioFinding({ DRACHTIO_HOST, DRACHTIO_PORT, DRACHTIO_SECRET }: Config): Promise<Finding> {
  const what = 'drachtio-server';
  if (DRACHTIO_HOST === undefined)
    return doubtful(
      what,
      'DRACHTIO_HOST is not set',
      'The embedded edge serves SIP: it is for trying out and testing.',
    );
  const srf = new Srf({ host: DRACHTIO_HOST, port: DRACHTIO_PORT, secret: DRACHTIO_SECRET });
  const at = `${DRACHTIO_HOST}:${DRACHTIO_PORT}`;
  try {
    return await new Promise<Finding>((resolve) => {
      srf.once('connect', () => resolve(good(what, `${at} takes the secret`)));
      srf.on('error', (error) => {
        if (error.code === 'drachtio-refused')
          resolve(
            bad(what, `${at}: ${error.message}`, 'DRACHTIO_SECRET has to be that of <admin> in its configuration.'),
          );
      });
      const late = () =>
        resolve(
          bad(
            what,
            `${at} does not answer`,
            'Is it running, and does its <admin> listen there? No call is set up without it.',
          ),
        );
      setTimeout(late, patience).unref();
      srf.connect();
    });
  } finally {
    srf.close();
  }
}

/** Whether each rtpengine answers, and what its release means. */
export async function rtpengineFindings({ RTPENGINE_URLS }: Config): Promise<Finding[]> {
  if (RTPENGINE_URLS === undefined) return [good('rtpengine', 'RTPENGINE_URLS is not set: the edge starts its own')];
  return await Promise.all(RTPENGINE_URLS.map((url) => rtpengineFinding(url)));
}

async function rtpengineFinding(url: string): Promise<Finding> {
  const what = `rtpengine ${url}`;
  const client = new NgClient({ at: parseControlUrl(url) });
  try {
    await client.request('ping', {});
  } catch (error) {
    if (!(error instanceof EdgeError)) throw error;
    const help = 'Is it running with --listen-tcp-ng there? No call has media without one.';
    return bad(what, error.message, help);
  } finally {
    client.close();
  }
  const pool = new RtpenginePool({ urls: [url], logger: createLogger('silent'), names: new CallNames('doctor') });
  try {
    return (await pool.nodes[0]?.bundles()) === true
      ? good(what, 'it answers, and bundles (mr14.0 or newer)')
      : good(what, 'it answers; older than mr14.0: audio and video of browsers take a connection each');
  } finally {
    pool.close();
  }
}

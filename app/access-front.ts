import { unwatchFile, watchFile } from 'node:fs';
import { isIP } from 'node:net';
import { AccessListener, type AccessListenerOptions } from '../lib/access/access-listener';
import type { AccessPoint } from '../lib/access/access-points';
import { EdgeError } from '../lib/errors';
import type { Logger } from '../lib/ops/logger';
import { parseContact } from '../lib/wire/contact';
import { emergencyService, type EmergencySettings } from '../lib/sip/emergency';
import { WebFront } from '../lib/web/web-front';
import { hostPort } from '../lib/wire/sip-uri';
import { certificateFor, readCertificate } from './certificate';
import type { PcscfConfig } from './config';
import type { SharedPorts } from './public-ports';
import { webSites } from './web-sites';

/** How often certificate and key are looked at, ms. */
const renewalCheck = 60_000;

/** What the listener's UEs may take. */
export type FrontShares = Required<Pick<AccessListenerOptions, 'shares' | 'requests'>> &
  Pick<AccessListenerOptions, 'limits' | 'bodies' | 'turn' | 'tap'>;

/** The access listener with its HTTP, and its certificate, which is read anew when its files change. */
export class AccessFront {
  readonly listener: AccessListener;
  readonly #web: WebFront | undefined;
  readonly #files: string[] = [];
  readonly #config: PcscfConfig;
  readonly #logger: Logger;

  /** @throws EdgeError `config-invalid` */
  constructor(config: PcscfConfig, shared: SharedPorts | undefined, shares: FrontShares, logger: Logger) {
    this.#config = config;
    this.#logger = logger;
    const listen = (config.ACCESS_LISTEN ?? []).map((contact) => pointOf(contact, config.ACCESS_ADDRESS ?? []));
    const isNeeded = listen.some(({ transport }) => transport === 'tls');
    const tls = certificateFor(config, { isNeeded, shared }, logger);
    const emergency = emergencySettings(config);
    const web = { sites: webSites(config), origins: config.WEBSOCKET_ORIGINS, shares: shares.shares, logger };
    this.#web = shared && new WebFront(web);
    this.listener = new AccessListener({
      ...{ listen, shown: shared?.addresses ?? [], server: serverContact(config), ...shares, logger },
      isEmergency: (uri) => emergencyService(uri, emergency) !== undefined,
      ...(tls && { tls }),
      ...(this.#web && { http: this.#web }),
    });
    this.#watch();
  }

  /** @throws EdgeError `sip-listen-failed`; nothing is left open then. */
  async start(): Promise<void> {
    await this.#web?.start();
    await this.listener.start();
  }

  async close(): Promise<void> {
    for (const file of this.#files.splice(0)) unwatchFile(file);
    await this.listener.close();
    await this.#web?.close();
  }

  /** Reads the files of the certificate, if there are any, for the connections that come from now on. */
  renewCertificate(): void {
    if (this.#files.length === 0) return;
    try {
      this.listener.useCertificate(readCertificate(this.#config));
      this.#logger.info('TLS certificate renewed');
    } catch (error) {
      // One of the two files may be newer than the other for a moment.
      this.#logger.warn({ err: error }, 'TLS certificate not renewed');
    }
  }

  #watch(): void {
    for (const file of [this.#config.TLS_CERT_FILE, this.#config.TLS_KEY_FILE]) {
      if (file === undefined) continue;
      this.#files.push(file);
      watchFile(file, { interval: renewalCheck, persistent: false }, () => this.renewCertificate());
    }
  }
}

function pointOf(contact: string, shownAddresses: string[]): AccessPoint {
  const { address, port, isSecure } = parseContact(contact);
  const shown = shownAddresses.find((each) => isIP(each) === isIP(address));
  return { host: address, port, transport: isSecure ? 'tls' : 'tcp', ...(shown !== undefined && { shown }) };
}

/** What UEs are shown of ACCESS_LISTEN, as contacts. */
export function shownContacts(config: PcscfConfig): string[] {
  return (config.ACCESS_LISTEN ?? []).map((contact) => {
    const { host, port, transport, shown } = pointOf(contact, config.ACCESS_ADDRESS ?? []);
    return `sip:${hostPort(shown ?? host, port)};transport=${transport}`;
  });
}

export function emergencySettings(config: PcscfConfig): EmergencySettings {
  return { nextHop: config.EMERGENCY_NEXT_HOP, numbers: config.EMERGENCY_NUMBERS };
}

function serverContact(config: PcscfConfig): { address: string; port: number } {
  const contact = config.ACCESS_CONTACTS.map(parseContact).find(({ transports }) => transports.includes('tcp'));
  if (!contact) throw new EdgeError('config-invalid', 'ACCESS_CONTACTS has no TCP contact.');
  return contact;
}

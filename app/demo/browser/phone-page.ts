import { createHash, X509Certificate } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { chromium, errors, type BrowserContext, type Page } from 'playwright-core';
import { EdgeError } from '../../../lib/errors';
import type { ForeignPhone, MediaStats } from '../foreign-phone';
import { mediaStats, type RtcStats } from './rtc-stats';

/** How long a step of the phone may take, ms. */
const patience = 30_000;

/** Keeps the page's peer connections, for their statistics. */
const keepConnections = `
  const connections = (globalThis.connections = []);
  globalThis.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(...options) {
      super(...options);
      connections.push(this);
    }
  };
`;

const readStats = `
  (async () => {
    const newest = connections.at(-1);
    return newest ? [...(await newest.getStats()).values()] : [];
  })()
`;

export interface PhonePageOptions {
  /** Such as `https://198.51.100.1:443`. */
  origin: string;
  /** PEM file with the edge's certificate; it is trusted, and no other. */
  certificate: string | undefined;
  /** Where the browser keeps its files. */
  folder: string;
}

/** The web phone in a Chromium of its own, headless, with a tone for a microphone. */
export class PhonePage implements ForeignPhone {
  readonly #context: BrowserContext;
  readonly #page: Page;
  /** A page without a call has none. */
  #lastStats = mediaStats([]);

  private constructor(context: BrowserContext, page: Page) {
    this.#context = context;
    this.#page = page;
  }

  /** @throws EdgeError `browser-failed` */
  static async open({ origin, certificate, folder }: PhonePageOptions): Promise<PhonePage> {
    const trust =
      certificate === undefined
        ? `--unsafely-treat-insecure-origin-as-secure=${new URL(origin).origin}`
        : `--ignore-certificate-errors-spki-list=${spkiHash(certificate)}`;
    const context = await chromium
      .launchPersistentContext(join(folder, 'chromium'), {
        executablePath: chromiumProgram(),
        args: ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream', trust],
        ...{ viewport: { width: 420, height: 470 }, deviceScaleFactor: 2, colorScheme: 'light' },
      })
      .catch((cause: unknown) => {
        throw failed(`Chromium cannot be started: ${firstLine(cause)}`, cause);
      });
    context.setDefaultTimeout(patience);
    const page = context.pages()[0] ?? (await context.newPage());
    await page.addInitScript(keepConnections);
    await page.goto(`${origin}/phone/`).catch((cause: unknown) => {
      throw failed(`${origin}/phone/ cannot be opened: ${firstLine(cause)}`, cause);
    });
    return new PhonePage(context, page);
  }

  /** @param address without `sip:` */
  async register(address: string): Promise<void> {
    await this.#page.fill('#account [name=address]', address);
    await this.#page.click('#account [type=submit]');
    await this.#shows('#line-state[data-state=on]', 'registered');
  }

  /** Resolves once the call is answered. */
  async call(target: string): Promise<void> {
    await this.#page.fill('#dial [name=target]', target);
    await this.#page.click('#dial [type=submit]');
    await this.#talks();
  }

  /** Resolves with who calls. */
  async ring(): Promise<string> {
    await this.#shows('#call:not([hidden]) #answer:not([hidden])', 'been called');
    return await this.#page.innerText('#call-with');
  }

  async answer(): Promise<void> {
    await this.#page.click('#answer');
    await this.#talks();
  }

  async stats(): Promise<MediaStats> {
    this.#lastStats = mediaStats(await this.#page.evaluate<RtcStats[]>(readStats));
    return this.#lastStats;
  }

  /** With the way that the media takes. */
  async screenshot(file: string): Promise<void> {
    await this.#shows('#path:not([hidden])', 'shown the way of the media');
    await this.#page.screenshot({ path: file });
  }

  async isInCall(): Promise<boolean> {
    if (!(await this.#page.isVisible('#call'))) return false;
    await this.stats();
    return true;
  }

  lastStats(): Promise<MediaStats> {
    return Promise.resolve(this.#lastStats);
  }

  async hangUp(): Promise<void> {
    await this.stats();
    await this.#page.click('#hang-up');
    await this.#shows('#call[hidden]', 'hung up');
  }

  /** Takes the registration back. */
  async leave(): Promise<void> {
    await this.#page.click('#leave');
    await this.#shows('#line-state[data-state=off]', 'signed out');
  }

  /** May be called twice. */
  async close(): Promise<void> {
    await this.#context.close();
  }

  async #talks(): Promise<void> {
    await this.#shows('#call:not([hidden]) #hold:not([hidden])', 'had an answer');
  }

  /** @throws EdgeError `browser-failed`: it shows trouble instead, or nothing in time */
  async #shows(selector: string, done: string): Promise<void> {
    const trouble = this.#page.locator('#trouble:not([hidden])');
    const either = this.#page.locator(selector).or(trouble).first();
    await either.waitFor({ state: 'attached' }).catch((cause: unknown) => {
      const isLate = cause instanceof errors.TimeoutError;
      throw failed(isLate ? `It has not ${done} within ${patience / 1000} s` : firstLine(cause), cause);
    });
    if ((await trouble.count()) > 0) throw failed(`It says: ${await trouble.innerText()}`);
  }
}

function chromiumProgram(): string {
  const places = (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, 'chromium'));
  const found = places.find((place) => existsSync(place));
  if (found === undefined) throw failed('Chromium is not installed');
  return found;
}

/** RFC 7469 §2.4. */
function spkiHash(file: string): string {
  const { publicKey } = new X509Certificate(readFileSync(file));
  return createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('base64');
}

function failed(what: string, cause?: unknown): EdgeError {
  return new EdgeError('browser-failed', `The phone in the browser failed. ${what.replace(/\.$/, '')}.`, { cause });
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n', 1)[0] ?? '';
}

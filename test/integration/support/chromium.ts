import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type Browser as PlaywrightBrowser, type Page } from 'playwright-core';
import { addresses, type Network, type Place } from '../../../app/demo/network';
import type { Browser, BrowserPage } from './browser';
import { tones } from './plain-core';

const pageScript = join(__dirname, '..', 'clients', 'browser-page.js');

/** The edge, where pages that it serves are to pass as secure: as microphones and TCP candidates want it. */
const insecureEdge = `http://${addresses.edgeAccess}`;

/** Debian's Chromium. It is told what to do over pipes, which lead into the namespace. */
export class Chromium implements Browser {
  readonly #directory: string;
  readonly #browser: PlaywrightBrowser;

  private constructor(directory: string, browser: PlaywrightBrowser) {
    this.#directory = directory;
    this.#browser = browser;
  }

  /** @param proxy URL of the HTTP proxy that all goes by; @param place where it runs */
  static async start(network: Network, proxy?: string, place: Place = 'ue'): Promise<Chromium> {
    const directory = mkdtempSync(join(tmpdir(), 'e80-chromium-'));
    const executablePath = join(directory, 'chromium');
    const script = `#!/bin/sh\nexec ip netns exec ${network.namespace(place)} chromium "$@"\n`;
    writeFileSync(executablePath, script, { mode: 0o755 });
    const args = [
      ...['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream', '--ignore-certificate-errors'],
      `--unsafely-treat-insecure-origin-as-secure=${insecureEdge}`,
      ...(proxy === undefined ? [] : [`--proxy-server=${proxy}`]),
    ];
    try {
      return new Chromium(directory, await chromium.launch({ executablePath, args }));
    } catch (error) {
      rmSync(directory, { recursive: true });
      throw error;
    }
  }

  async open({ script = pageScript, origin = 'https://ue.example.net/' } = {}): Promise<BrowserPage> {
    const page = await this.#browser.newPage();
    await page.route(origin, (route) => route.fulfill({ contentType: 'text/html', body: '<!DOCTYPE html>' }));
    await page.goto(origin);
    await page.addScriptTag({ path: script });
    return scripted(page);
  }

  /** A page as it is. */
  async plain(url: string, size: { width: number; height: number }): Promise<Page> {
    const page = await this.#browser.newPage({ viewport: size });
    await page.goto(url);
    return page;
  }

  /** A page with SIP of its own; browser-page.js stands between it and its microphone. */
  async visit(url: string): Promise<{ page: Page; scripts: BrowserPage }> {
    const page = await this.#browser.newPage();
    await page.addInitScript({ path: pageScript });
    await page.addInitScript((tone) => (globalThis as unknown as PageGlobals).media['attend']?.(tone), tones.ofUe);
    await page.goto(url);
    return { page, scripts: scripted(page) };
  }

  async close(): Promise<void> {
    await this.#browser.close();
    rmSync(this.#directory, { recursive: true });
  }
}

function scripted(page: Page): BrowserPage {
  return {
    run: (name, ...args) =>
      page.evaluate(([called, given]) => (globalThis as unknown as PageGlobals).media[called]?.(...given), [
        name,
        args,
      ] as const),
    close: () => page.context().close(),
  };
}

interface PageGlobals {
  media: Record<string, (...args: readonly unknown[]) => unknown>;
}

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type Browser as PlaywrightBrowser } from 'playwright-core';
import type { Network } from '../../../app/demo/network';
import type { Browser, BrowserPage } from './browser';

const pageScript = join(__dirname, '..', 'clients', 'browser-page.js');

/** Its pages come from nowhere: a secure origin, as microphones and TCP candidates want one. */
const origin = 'https://ue.example.net/';

/** Debian's Chromium. It is told what to do over pipes, which lead into the namespace. */
export class Chromium implements Browser {
  readonly #directory: string;
  readonly #browser: PlaywrightBrowser;

  private constructor(directory: string, browser: PlaywrightBrowser) {
    this.#directory = directory;
    this.#browser = browser;
  }

  static async start(network: Network): Promise<Chromium> {
    const directory = mkdtempSync(join(tmpdir(), 'e80-chromium-'));
    const executablePath = join(directory, 'chromium');
    const script = `#!/bin/sh\nexec ip netns exec ${network.namespace('ue')} chromium "$@"\n`;
    writeFileSync(executablePath, script, { mode: 0o755 });
    const args = ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'];
    try {
      return new Chromium(directory, await chromium.launch({ executablePath, args }));
    } catch (error) {
      rmSync(directory, { recursive: true });
      throw error;
    }
  }

  async open(): Promise<BrowserPage> {
    const page = await this.#browser.newPage();
    await page.route(origin, (route) => route.fulfill({ contentType: 'text/html', body: '<!DOCTYPE html>' }));
    await page.goto(origin);
    await page.addScriptTag({ path: pageScript });
    return {
      run: (name, ...args) =>
        page.evaluate(([called, given]) => (globalThis as unknown as PageGlobals).media[called]?.(...given), [
          name,
          args,
        ] as const),
      close: () => page.context().close(),
    };
  }

  async close(): Promise<void> {
    await this.#browser.close();
    rmSync(this.#directory, { recursive: true });
  }
}

interface PageGlobals {
  media: Record<string, (...args: readonly unknown[]) => unknown>;
}

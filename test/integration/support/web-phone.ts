import type { Locator, Page } from 'playwright-core';
import { addresses } from '../../../app/demo/network';
import type { BrowserPage } from './browser';
import type { Chromium } from './chromium';
import { pageHears } from './page-sound';

/** The web phone that the edge serves, as who uses it sees it. */
export class WebPhone {
  readonly #page: Page;
  readonly #scripts: BrowserPage;

  private constructor(page: Page, scripts: BrowserPage) {
    this.#page = page;
    this.#scripts = scripts;
  }

  static async open(chromium: Chromium, scheme: 'http' | 'https'): Promise<WebPhone> {
    const { page, scripts } = await chromium.visit(`${scheme}://${addresses.edgeAccess}/phone/`);
    return new WebPhone(page, scripts);
  }

  /** Asks to be registered, and does not wait for what comes of it. */
  async register(user: string, password: string): Promise<void> {
    await this.#field('SIP address').fill(`${user}@example.net`);
    await this.#field('Password').fill(password);
    await this.press('Register');
  }

  async useServer(url: string): Promise<void> {
    await this.#page.getByText('More', { exact: true }).click();
    await this.#field('WebSocket').fill(url);
  }

  async call(target: string): Promise<void> {
    await this.#field('Number or SIP address').fill(target);
    await this.press('Call');
  }

  async write(target: string, text: string): Promise<void> {
    await this.#field('Number or SIP address').fill(target);
    await this.#field('Text message').fill(text);
    await this.press('Send');
  }

  /** Presses the button of this name, once it is there. */
  async press(button: string): Promise<void> {
    await this.#page.getByRole('button', { name: button, exact: true }).click();
  }

  /** Resolves once it says so, in some status or message. */
  async says(text: string | RegExp): Promise<void> {
    await this.#said(text).waitFor();
  }

  async hears(tone: boolean): Promise<void> {
    await pageHears(this.#scripts, tone);
  }

  async pairs(): Promise<unknown> {
    return await this.#scripts.run('pairs');
  }

  async close(): Promise<void> {
    await this.#page.context().close();
  }

  #field(label: string): Locator {
    return this.#page.getByLabel(label, { exact: true });
  }

  #said(text: string | RegExp): Locator {
    return this.#page.locator('[role=status], [role=alert], [role=log] li').filter({ hasText: text, visible: true });
  }
}

/** A browser in the UE's namespace. */
export interface Browser {
  /** A new page, with browser-page.js in it. */
  open(): Promise<BrowserPage>;
  close(): Promise<void>;
}

export interface BrowserPage {
  /** Calls a function of browser-page.js. */
  run(name: string, ...args: unknown[]): Promise<unknown>;
  close(): Promise<void>;
}

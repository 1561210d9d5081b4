/** A browser in the UE's namespace. */
export interface Browser {
  /** A new page, with browser-page.js or another script in it; of an origin where that can be chosen. */
  open(options?: { script?: string; origin?: string }): Promise<BrowserPage>;
  close(): Promise<void>;
}

export interface BrowserPage {
  /** Calls a function of `media`, where the page's scripts have them. */
  run(name: string, ...args: unknown[]): Promise<unknown>;
  close(): Promise<void>;
}

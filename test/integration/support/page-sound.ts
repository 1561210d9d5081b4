import type { Sound } from '../clients/client-media';
import { toneShare } from '../clients/tone-share';
import type { BrowserPage } from './browser';
import { enough, mediaMs, tones } from './plain-core';
import { until } from './until';

/** Resolves once a page with browser-page.js in it hears the tone of the core, or hears it no more. */
export async function pageHears(page: BrowserPage, tone: boolean): Promise<void> {
  await until(`the browser hears ${tone ? 'the core' : 'nothing'}`, mediaMs, async () => {
    const { pcm, sampleRate } = (await page.run('heard')) as Sound;
    const samples = new Int16Array(Uint8Array.from(Buffer.from(pcm, 'base64')).buffer);
    const share = toneShare(samples, tones.ofCore, sampleRate);
    return (tone ? share > enough : share < 1 - enough) ? true : undefined;
  });
}

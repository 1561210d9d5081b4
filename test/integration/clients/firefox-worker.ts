import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Marionette } from './marionette';
import { serveParent } from './remote-calls';

/*
 * Debian's Firefox with one page; run by a NamespaceWorker in the UE's namespace, which its Marionette port is in too.
 */

/** What the test may call here. */
export type FirefoxFunctions = typeof functions;

const port = 2828;

const preferences = {
  'marionette.port': port,
  'media.navigator.streams.fake': true,
  'media.navigator.permission.disabled': true,
  'media.autoplay.default': 0,
  'media.autoplay.blocking_policy': 0,
  // Sound runs without a device.
  'media.cubeb.force_mock_context': true,
  'app.update.disabledForTesting': true,
  'datareporting.policy.dataSubmissionEnabled': false,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
  'services.settings.server': 'data:,',
};

const profile = mkdtempSync(join(tmpdir(), 'e80-firefox-'));
const page = join(profile, 'page.html');
let firefox: ChildProcess | undefined;
let marionette: Marionette | undefined;

const functions = {
  async start(): Promise<void> {
    const lines = Object.entries(preferences).map(([name, value]) => `user_pref("${name}", ${JSON.stringify(value)});`);
    writeFileSync(join(profile, 'user.js'), lines.join('\n'));
    firefox = spawn('firefox-esr', ['--headless', '--marionette', '--no-remote', '--profile', profile], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    marionette = await Marionette.open(port);
    // Of the edge.
    await marionette.command('WebDriver:NewSession', { acceptInsecureCerts: true });
  },
  /** Loads a page with this script: what was there before is gone. */
  async open(script: string): Promise<void> {
    writeFileSync(page, `<!DOCTYPE html><script>${readFileSync(script, 'utf8')}</script>`);
    await marionette?.command('WebDriver:Navigate', { url: pathToFileURL(page).href });
  },
  async leave(): Promise<void> {
    await marionette?.command('WebDriver:Navigate', { url: 'about:blank' });
  },
  /** Calls a function of the page. */
  async run(name: string, args: unknown[]): Promise<unknown> {
    const script = 'const [name, given] = arguments; return media[name](...given);';
    const result = await marionette?.command('WebDriver:ExecuteScript', { script, args: [name, args], sandbox: null });
    return result?.['value'];
  },
  async stop(): Promise<void> {
    if (firefox === undefined) return;
    const exited = once(firefox, 'exit');
    firefox.kill('SIGKILL');
    await exited;
    rmSync(profile, { recursive: true, force: true });
  },
};

serveParent(functions);

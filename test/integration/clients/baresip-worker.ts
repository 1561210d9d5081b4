import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BaresipControl } from './baresip-control';
import { serveParent } from './remote-calls';

/*
 * Debian's baresip, one run after the other; run by a NamespaceWorker in the UE's namespace, which its control port is
 * in too.
 */

/** What the test may call here. */
export type BaresipFunctions = typeof functions;

const controlPort = 4444;

/** Where Debian has them. */
const modules = '/usr/lib/baresip/modules';

/** A player and a source in one. */
const bridge = 'aubridge,ear';

const directory = mkdtempSync(join(tmpdir(), 'e80-baresip-'));
let baresip: ChildProcess | undefined;
let control: BaresipControl | undefined;
let tone = '';

const functions = {
  /**
   * Resolves once it has registered.
   * @param edge `address:port`
   * @param frequency of the tone that it sends, Hz
   */
  async start(edge: string, frequency: number, ice: boolean): Promise<void> {
    tone = `ausine,${frequency}`;
    writeFileSync(join(directory, 'config'), configuration());
    baresip = spawn('baresip', ['-f', directory], { stdio: ['ignore', 'inherit', 'inherit'] });
    control = await BaresipControl.open(controlPort);
    // An account of its file could be registered before we hear of it.
    await control.command('uanew', account(edge, ice));
    await control.event('REGISTER_OK');
  },
  command: async (name: string, params?: string): Promise<void> => await opened(control).command(name, params),
  event: async (type: string): Promise<void> => await opened(control).event(type),
  /** It sends its tone, or what it plays. The bridge stands once player and source are new, the source last. */
  async send(what: 'tone' | 'echo'): Promise<void> {
    if (what === 'echo') await opened(control).command('auplay', bridge);
    await opened(control).command('ausrc', what === 'echo' ? bridge : tone);
  },
  /** It hangs up, takes its registration back, and ends. */
  async stop(): Promise<void> {
    control?.close();
    const ending = baresip;
    baresip = undefined;
    if (ending === undefined) return;
    const exited = once(ending, 'exit');
    ending.kill('SIGTERM');
    await exited;
  },
};

serveParent(functions);
process.on('exit', () => rmSync(directory, { recursive: true, force: true }));

/** Sound is 48 kHz with two channels, as ausine wants it. */
function configuration(): string {
  const lines = [
    `module_path ${modules}`,
    ...['g711', 'ausine', 'aubridge', 'ice'].map((name) => `module ${name}.so`),
    ...['menu', 'ctrl_tcp'].map((name) => `module_app ${name}.so`),
    `ctrl_tcp_listen 127.0.0.1:${controlPort}`,
    ...[`audio_source ${tone}`, 'ausrc_srate 48000', 'ausrc_channels 2'],
    ...[`audio_player ${bridge}`, 'auplay_srate 48000', 'auplay_channels 2'],
    'audio_alert aubridge,alert',
  ];
  return lines.map((line) => `${line}\n`).join('');
}

function account(edge: string, ice: boolean): string {
  const parameters = [
    `outbound="sip:${edge};transport=tcp"`,
    'regint=600',
    'auth_pass=none',
    'audio_codecs=PCMU',
    ...(ice ? ['medianat=ice'] : []),
  ];
  return `<sip:ue@example.net>;${parameters.join(';')}`;
}

function opened<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('There is none yet');
  return value;
}

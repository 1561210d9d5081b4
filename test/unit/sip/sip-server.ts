import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { EmbeddedEdge } from '../../../lib/embedded/embedded-edge';
import { createLogger } from '../../../lib/ops/logger';
import { freePort } from './sip-peer';

export const secret = 'test-secret';

export interface SipServer {
  readonly adminPort: number;
  /** How its process ended, if it did by itself: by a signal, or with an exit code. */
  readonly death: string | undefined;
  stop(): Promise<void>;
}

/** A SIP server on these contacts: the embedded edge, or the drachtio-server of DRACHTIO_BIN. */
export async function startSipServer(contacts: string[]): Promise<SipServer> {
  const binary = process.env['DRACHTIO_BIN'];
  return binary ? await realServer(binary, contacts) : await embeddedServer(contacts);
}

async function embeddedServer(contacts: string[]): Promise<SipServer> {
  const logger = createLogger('silent');
  const edge = await EmbeddedEdge.start({ contacts, admin: { host: '127.0.0.1', port: 0 }, secret, logger });
  return { adminPort: edge.adminPort, death: undefined, stop: () => edge.close() };
}

async function realServer(binary: string, contacts: string[]): Promise<SipServer> {
  const adminPort = await freePort('127.0.0.1');
  const folder = mkdtempSync(join(tmpdir(), 'edge80-sip-'));
  const file = join(folder, 'drachtio.conf.xml');
  writeFileSync(file, '<drachtio><admin port="9022" secret="x">127.0.0.1</admin><sip><contacts/></sip></drachtio>');
  const args = ['--file', file, '--address', '127.0.0.1', '--port', String(adminPort), '--secret', secret, '--stdout'];
  const child = spawn(binary, [...args, '--loglevel', 'notice', ...contacts.flatMap((each) => ['--contact', each])], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const death = () => {
    if (child.signalCode !== null) return `by ${child.signalCode}`;
    return child.exitCode === null ? undefined : `with exit code ${child.exitCode}`;
  };
  while (!(await servesSip(adminPort, contacts))) {
    if (death() !== undefined) throw new Error(`${binary} ended at its start, ${death()}`);
    await setTimeout(50);
  }
  const stop = async () => {
    if (death() === undefined) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    rmSync(folder, { recursive: true });
  };
  return {
    adminPort,
    get death() {
      return death();
    },
    stop,
  };
}

/** Whether drachtio-server names the addresses that it serves SIP on; it takes apps a little before. */
async function servesSip(adminPort: number, contacts: string[]): Promise<boolean> {
  const socket = connect(adminPort, '127.0.0.1');
  try {
    await once(socket, 'connect');
    const payload = `ready|authenticate|${secret}|`;
    socket.write(`${payload.length}#${payload}`);
    const [answer] = (await Promise.race([once(socket, 'data'), once(socket, 'close')])) as [Buffer | boolean];
    // It opens one after the other.
    const addresses = contacts.map((contact) => /^sip:([^;]+)/.exec(contact)?.[1] ?? contact);
    return addresses.every((address) => answer.toString().includes(`/${address}`));
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

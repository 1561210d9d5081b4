import { EdgeError } from '../../lib/errors';

/** One sentence about an option, without its period. */
export function wrong(reason: string): EdgeError {
  return new EdgeError('options-wrong', `${reason[0]?.toUpperCase() ?? ''}${reason.slice(1)}.`);
}

/** Seconds, up to a day. */
export function positive(name: string, text: string): number {
  const value = Number(text);
  if (!(value > 0 && value <= 86_400)) throw wrong(`${name} wants a number of seconds up to 86400, not "${text}"`);
  return value;
}

export function sipUri(name: string, text: string): string {
  if (!/^sips?:\S+$/i.test(text)) throw wrong(`${name} wants a SIP URI such as sip:bob@example.net, not "${text}"`);
  return text;
}

/** `host`, `host:port`, `[v6]` or `[v6]:port`. */
export function hostPort(name: string, text: string, defaultPort: number): { host: string; port: number } {
  const match = /^(?:\[([0-9a-f:.]+)\]|([^\s:[\]]+))(?::(\d{1,5}))?$/i.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3] ?? defaultPort);
  if (host === undefined || port < 1 || port > 65535) throw wrong(`${name} wants HOST or HOST:PORT, not "${text}"`);
  return { host, port };
}

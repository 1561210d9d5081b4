import { randomBytes } from 'node:crypto';
import type { Client, Flags } from './flags';
import { wallClock } from '../../lib/ops/clock';
import { turnCredential } from '../../lib/turn/credentials';
import { pictureOf, wayOf } from './ways';
import type { WorkFolder } from './work-folder';

/** What a call takes besides for its client. */
export interface ClientParts {
  /** Settings of the edge. */
  settings: Readonly<Record<string, string>>;
  /** What stands in the place of the UE tool, of the built programs. */
  program?: string;
  ueOptions: readonly string[];
  coreOptions: readonly string[];
}

/** The UE's user. */
const turnUser = 'ue@example.net';

/** Of its credential, s. */
const lifetime = 86_400;

const parts: Readonly<Record<Client, (flags: Flags, folder: WorkFolder) => Partial<ClientParts>>> = {
  ue: () => ({}),
  chromium: (flags, folder) => {
    return {
      // A browser has WebRTC, and the core plain RTP.
      settings: { WEB_PHONE: 'on', ACCESS_PROFILE: 'webrtc', CORE_PROFILE: 'rtp-avp' },
      program: 'demo/browser/main.js',
      ueOptions: ['--folder', folder.path, '--screenshot', pictureOf(flags)],
    };
  },
  linphone: (_flags, folder) => {
    const secret = randomBytes(24).toString('base64url');
    const { username, password } = turnCredential(secret, turnUser, Math.floor(wallClock() / 1000) + lifetime);
    return {
      settings: { TURN_SECRET: secret },
      program: 'demo/softphone/main.js',
      ueOptions: ['--folder', folder.path, '--turn', `${username}:${password}`],
    };
  },
};

/** @param certificate file with the edge's */
export function clientParts(flags: Flags, folder: WorkFolder, certificate: string): ClientParts {
  const { settings = {}, ueOptions = [], ...others } = parts[flags.client](flags, folder);
  const trust = wayOf(flags).isSecure ? ['--tls', '--ca', certificate] : [];
  // The phones of others are called by their Contact, which the edge has when the registration is over.
  const coreOptions = flags.client !== 'ue' && flags.direction === 'terminating' ? ['--call-pause', '1'] : [];
  return { settings, ueOptions: [...trust, ...ueOptions], coreOptions, ...others };
}

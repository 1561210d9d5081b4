import { EdgeError } from '../lib/errors';
import { bindUdp, unbound } from '../lib/wire/bound-sockets';
import { contactHosts } from '../lib/wire/contact';
import type { AgwConfig, Config, NodeConfig } from './config';

/** What an operator can do where the machine lacks an address. */
const behindNat: Readonly<NodeJS.Dict<string>> = {
  GATEWAY_ADDRESS: 'behind 1:1 NAT, name the own one in GATEWAY_BIND',
  ACCESS_LISTEN: 'behind 1:1 NAT, name the own one here and the public one in ACCESS_ADDRESS',
  RTPENGINE_ACCESS_INTERFACE: 'behind 1:1 NAT, write address!advertised',
  RTPENGINE_CORE_INTERFACE: 'behind 1:1 NAT, write address!advertised',
};

/**
 * Rejects where an address that is to be opened here is not this machine's. Asked before anything is opened: rtpengine
 * starts without a word on an address that it cannot bind, and fails at the first call.
 * @throws EdgeError `config-invalid`, naming the setting
 */
export async function requireOwnAddresses(config: Config): Promise<void> {
  await requireOwn(openedHere(config));
}

/** The same for a media node by itself. */
export async function requireAddressesOfNode(config: NodeConfig): Promise<void> {
  const { NG_LISTEN, NG_HTTP_LISTEN = [] } = config;
  const ofPlaces = (places: readonly { address: string }[]) => places.map(({ address }) => address);
  await requireOwn([
    ...ofMedia(config),
    ['NG_LISTEN', ofPlaces(NG_LISTEN)],
    ['NG_HTTP_LISTEN', ofPlaces(NG_HTTP_LISTEN)],
  ]);
}

async function requireOwn(opened: readonly [string, string[]][]): Promise<void> {
  for (const [setting, addresses] of opened) {
    for (const address of new Set(addresses)) {
      const reason = await whyNotOurs(address);
      if (reason === undefined) continue;
      const advice = behindNat[setting] ?? 'name one that it has';
      throw new EdgeError('config-invalid', `${setting} cannot be used: ${reason} (${address}); ${advice}.`);
    }
  }
}

function openedHere(config: Config): [string, string[]][] {
  const { ACCESS_LISTEN = [], CORE_CONTACTS, ACCESS_CONTACTS } = config;
  const isServerHere = config.DRACHTIO_HOST === undefined;
  return [
    ...ofMedia(config),
    ['ACCESS_LISTEN', contactHosts(ACCESS_LISTEN)],
    ['CORE_CONTACTS', contactHosts(CORE_CONTACTS)],
    ['ACCESS_CONTACTS', isServerHere ? contactHosts(ACCESS_CONTACTS) : []],
  ];
}

function ofMedia(config: AgwConfig): [string, string[]][] {
  const { GATEWAY_BIND, GATEWAY_ADDRESS, ADMIN_LISTEN } = config;
  const { RTPENGINE_ACCESS_INTERFACE = [], RTPENGINE_CORE_INTERFACE = [] } = config;
  const isAnchorHere = config.RTPENGINE_URLS === undefined;
  const bound = (interfaces: string[]) => interfaces.map((each) => each.split('!', 1)[0] ?? '');
  return [
    GATEWAY_BIND ? ['GATEWAY_BIND', GATEWAY_BIND] : ['GATEWAY_ADDRESS', GATEWAY_ADDRESS],
    ['ADMIN_LISTEN', ADMIN_LISTEN === 'off' ? [] : [ADMIN_LISTEN.address]],
    ['RTPENGINE_ACCESS_INTERFACE', isAnchorHere ? bound(RTPENGINE_ACCESS_INTERFACE) : []],
    ['RTPENGINE_CORE_INTERFACE', isAnchorHere ? bound(RTPENGINE_CORE_INTERFACE) : []],
  ];
}

/** Bound to, not looked for: a loopback prefix, or a local route, makes more addresses usable than are listed. */
async function whyNotOurs(address: string): Promise<string | undefined> {
  const nothing = () => undefined;
  try {
    await unbound(await bindUdp(address, 0, { received: nothing, failed: nothing }));
    return undefined;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    // The second where the machine has no IPv6 at all.
    return code === 'EADDRNOTAVAIL' || code === 'EAFNOSUPPORT' ? 'this machine does not have it' : code;
  }
}

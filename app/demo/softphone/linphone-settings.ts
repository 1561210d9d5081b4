import { hostPort } from '../../../lib/wire/sip-uri';
import type { PhoneOptions } from '../foreign-phone';

/** Ports of its own are of no use: it dials. */
const noPorts = { sip_port: -1, sip_tcp_port: -1, sip_tls_port: -1 };

/**
 * Settings (linphonerc) of a linphone that has SIP and TURN over one port of the edge and nothing else: SIP over TCP or
 * TLS, ICE with relayed candidates, and PCMU.
 */
export function linphoneSettings(address: string, options: Omit<PhoneOptions, 'folder'>): string {
  const { host, port, isSecure, certificate, turn } = options;
  const edge = `sip:${hostPort(host, port)};transport=${isSecure ? 'tls' : 'tcp'}`;
  return sections({
    sip: { ...noPorts, default_proxy: 0, root_ca: certificate },
    rtp: { audio_rtp_port: -1 },
    sound: { echocancellation: 0 },
    video: { enabled: 0 },
    proxy_0: {
      reg_proxy: `<${edge}>`,
      reg_route: `<${edge};lr>`,
      reg_identity: `sip:${address}`,
      ...{ reg_expires: 600, reg_sendregister: 1, publish: 0, nat_policy_ref: 'edge' },
    },
    nat_policy_0: {
      ref: 'edge',
      ...(turn && {
        stun_server: hostPort(host, port),
        stun_server_username: turn.user,
        protocols: 'stun,turn,ice',
        ...{ turn_enable_udp: 0, turn_enable_tcp: isSecure ? 0 : 1, turn_enable_tls: isSecure ? 1 : 0 },
      }),
    },
    ...(turn && { auth_info_0: { username: turn.user, passwd: turn.password, realm: 'edge80' } }),
    audio_codec_0: { mime: 'PCMU', rate: 8000, channels: 1, enabled: 1 },
  });
}

function sections(all: Record<string, Record<string, string | number | undefined>>): string {
  return Object.entries(all)
    .map(([name, values]) => {
      const lines = Object.entries(values).flatMap(([key, value]) => (value === undefined ? [] : `${key}=${value}\n`));
      return `[${name}]\n${lines.join('')}`;
    })
    .join('\n');
}

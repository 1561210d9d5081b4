import type { IncomingRequest } from '../drachtio/messages';
import type { Srf } from '../drachtio/srf';
import type { FlowTokens } from './flow-token';
import type { Contact } from './side-by-address';

export interface RegisteringOptions {
  srf: Srf;
  tokens: FlowTokens;
  coreNextHop: string;
  /** Where the core reaches us: goes into Path. */
  coreContact: Contact;
}

/** Passes a REGISTER of a UE on to the core, with a Path (RFC 3327) that leads back over its connection. */
export async function forwardRegister(request: IncomingRequest, options: RegisteringOptions): Promise<number> {
  const { srf, coreNextHop } = options;
  return await srf.proxyRequest(request, coreNextHop, { Path: `<${pathUri(request, options)}>`, Require: 'path' });
}

function pathUri(request: IncomingRequest, { tokens, coreNextHop, coreContact }: RegisteringOptions): string {
  const token = tokens.write({
    transport: request.protocol === 'udp' ? 'udp' : 'tcp',
    address: request.source_address,
    port: request.source_port,
  });
  const { address, port } = coreContact;
  const host = address.includes(':') ? `[${address}]` : address;
  const transport = /;transport=tcp/i.test(coreNextHop) ? ';transport=tcp' : '';
  return `sip:${token}@${host}:${port}${transport};lr${wantsOutbound(request) ? ';ob' : ''}`;
}

/** RFC 5626 §5.1: the UE asks for outbound in its one Contact, and we are its first hop. */
function wantsOutbound(request: IncomingRequest): boolean {
  const firstHop = !(request.get('via') ?? '').includes(',');
  return firstHop && request.has('contact') && /;\s*reg-id\s*=/i.test(request.get('contact') ?? '');
}

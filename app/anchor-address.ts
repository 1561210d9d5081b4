/** What rtpengine writes into SDP toward UEs, of its `address` or `address!advertised`. */
export function advertisedAddresses(interfaces: readonly string[]): string[] {
  return interfaces.map((each) => each.split('!').at(-1) ?? '');
}

/**
 * Where the gateway reaches rtpengine, by the address that rtpengine writes into SDP. Behind 1:1 NAT the two
 * differ, and a host can seldom reach itself by its public address.
 * @param interfaces rtpengine's own on the access side: `address` or `address!advertised`
 */
export function anchorAddress(interfaces: readonly string[]): (advertised: string) => string {
  const bound = new Map<string, string>();
  for (const each of interfaces) {
    const [address = '', advertised] = each.split('!');
    if (advertised !== undefined) bound.set(advertised, address);
  }
  return (advertised) => bound.get(advertised) ?? advertised;
}

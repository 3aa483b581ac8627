import { BlockList, isIP, isIPv6 } from 'node:net';

const MAPPED = /^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i;

/** Addresses and networks, of both families. An IPv4 address is the same in its IPv6 form (`::ffff:10.0.0.1`). */
export class AddressList {
  private readonly list = new BlockList();

  /** @param entries each as {@link isAddressOrNetwork} has it */
  constructor(entries: readonly string[]) {
    for (const entry of entries) {
      const [address = '', prefix] = entry.split('/');
      if (prefix === undefined) this.list.addAddress(address, familyOf(address));
      else this.list.addSubnet(address, Number(prefix), familyOf(address));
    }
  }

  includes(address: string | undefined): boolean {
    if (address === undefined) return false;
    // A link-local address comes with its interface: fe80::1%eth0.
    const plain = address.replace(MAPPED, '').replace(/%.*$/, '');
    return isIP(plain) !== 0 && this.list.check(plain, familyOf(plain));
  }
}

/** Whether a text is an address, or a network in CIDR form. */
export function isAddressOrNetwork(entry: string): boolean {
  const [address = '', prefix, ...rest] = entry.split('/');
  if (isIP(address) === 0 || rest.length > 0) return false;
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (isIPv6(address) ? 128 : 32));
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIPv6(address) ? 'ipv6' : 'ipv4';
}

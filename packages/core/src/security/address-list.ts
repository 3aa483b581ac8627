import { BlockList, isIP, isIPv6 } from 'node:net';

const MAPPED = /^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i;

/** Addresses and networks, of both families. An IPv4 address is the same in its IPv6 form (`::ffff:10.0.0.1`). */
export class AddressList {
  private readonly list = new BlockList();

  /** @throws RangeError for an entry that is neither an address nor a network in CIDR form */
  constructor(entries: readonly string[]) {
    for (const entry of entries) this.add(entry);
  }

  includes(address: string | undefined): boolean {
    if (address === undefined) return false;
    // A link-local address comes with its interface: fe80::1%eth0.
    const plain = address.replace(MAPPED, '').replace(/%.*$/, '');
    return isIP(plain) !== 0 && this.list.check(plain, familyOf(plain));
  }

  private add(entry: string): void {
    const [address = '', prefix, ...rest] = entry.split('/');
    const bits = isIPv6(address) ? 128 : 32;
    if (isIP(address) === 0 || rest.length > 0) throw new RangeError(entry);
    if (prefix === undefined) return this.list.addAddress(address, familyOf(address));
    if (!/^\d{1,3}$/.test(prefix) || Number(prefix) > bits) throw new RangeError(entry);
    this.list.addSubnet(address, Number(prefix), familyOf(address));
  }
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIPv6(address) ? 'ipv6' : 'ipv4';
}

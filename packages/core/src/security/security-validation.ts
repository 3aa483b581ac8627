import type { KeyObject } from 'node:crypto';
import { ReaOptionsError } from '../options.error.js';
import type { EndpointOptions } from '../rea.options.js';
import { AddressList } from './address-list.js';
import { parseIdentityKey } from './identity-key.js';
import type { SecurityMode } from './security.options.js';

const MODES: readonly (SecurityMode | undefined)[] = ['strict', 'permissive', 'disabled', undefined];

/** @throws ReaOptionsError for options that cannot work, or that promise what this endpoint cannot check */
export function validateSecurity({ security = {}, serve = 'port' }: EndpointOptions): void {
  const { mode, identityKeys = [], requireHttps = false, trustedProxies = [], allowedOrigins } = security;
  if (!MODES.includes(mode)) {
    throw new ReaOptionsError(
      'endpoint.security.mode',
      `is ${JSON.stringify(mode)}; use strict, permissive or disabled.`,
    );
  }
  readIdentityKeys('endpoint.security.identityKeys', identityKeys);
  checkAddresses('endpoint.security.trustedProxies', trustedProxies);
  checkAddresses('endpoint.security.allowedOrigins', allowedOrigins ?? []);
  if (requireHttps && serve === 'port' && trustedProxies.length === 0) {
    throw new ReaOptionsError(
      'endpoint.security.requireHttps',
      'would refuse every request: the port speaks HTTP/2 without TLS. Put a proxy that ends TLS in front, and name it in trustedProxies.',
    );
  }
  if (allowedOrigins && serve === 'manual') {
    throw new ReaOptionsError(
      'endpoint.security.allowedOrigins',
      "cannot be checked with serve: 'manual': a fetch or Lambda handler is not told the caller's address. Leave it out, and let the platform check it.",
    );
  }
}

/** @throws ReaOptionsError naming the option's path and the entry */
export function readIdentityKeys(path: string, keys: readonly string[]): KeyObject[] {
  return keys.map((key, index) => {
    const parsed = parseIdentityKey(key);
    if (parsed) return parsed;
    throw new ReaOptionsError(
      `${path}[${index}]`,
      `is ${JSON.stringify(key)}, which is not a public key. The Restate server logs its key ("publickeyv1_...") at start-up.`,
    );
  });
}

function checkAddresses(path: string, entries: readonly string[]): void {
  for (const [index, entry] of entries.entries()) {
    try {
      void new AddressList([entry]);
    } catch (cause) {
      if (!(cause instanceof RangeError)) throw cause;
      throw new ReaOptionsError(
        `${path}[${index}]`,
        `is ${JSON.stringify(entry)}; it is an address ("10.0.0.7", "::1") or a network ("10.0.0.0/8", "fd00::/8").`,
      );
    }
  }
}

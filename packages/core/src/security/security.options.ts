import type { OptionShape } from '../option-shape.js';
import type { ReplayStore } from './replay-store.js';

/**
 * `strict`: a request that fails a check is refused. `permissive`: it is reported and served. `disabled`: nothing is
 * checked.
 */
export type SecurityMode = 'strict' | 'permissive' | 'disabled';

/**
 * Who may call the endpoint. Whoever can, runs handlers with any input and reads their answers, so the endpoint accepts
 * the Restate server only.
 */
export interface SecurityOptions {
  /**
   * What happens to a request that fails a check. Default: `strict` with `NODE_ENV=production` or when there are
   * {@link identityKeys} (those of an embedded server included), else the module's `policy`, where `warn` is `permissive`.
   * `strict` without a key does not start, unless only the policy for all guardrails says so: then the other checks that
   * are configured refuse, and unsigned requests are served.
   */
  readonly mode?: SecurityMode;
  /**
   * Public keys (`publickeyv1_...`) of the Restate servers that may call. All are valid at once: to rotate, add the new
   * one, switch the server, remove the old one. `EndpointSecurity.setIdentityKeys` changes them at run time.
   */
  readonly identityKeys?: readonly string[];
  /**
   * Serve requests only that came over TLS: to this process, or, by `X-Forwarded-Proto`, to one of the
   * {@link trustedProxies}. Default false.
   */
  readonly requireHttps?: boolean;
  /**
   * Addresses and networks (`10.0.0.7`, `10.0.0.0/8`, `fd00::/8`) of the proxies in front of the endpoint. Only what these
   * say in `X-Forwarded-Proto` and `X-Forwarded-For` is believed. Default: none.
   */
  readonly trustedProxies?: readonly string[];
  /**
   * Addresses and networks of callers. Behind a trusted proxy the address is the last one in `X-Forwarded-For` that is no
   * trusted proxy's. Default: all.
   */
  readonly allowedOrigins?: readonly string[];
  /**
   * Refuse a request that has been served before, byte for byte. Needs {@link identityKeys}. Default true; `false`: off.
   * The memory is the process's own unless a `store` is given that all replicas share.
   */
  readonly replayProtection?: boolean | { readonly store: ReplayStore };
}

export const SECURITY_SHAPE: OptionShape<SecurityOptions> = {
  mode: true,
  identityKeys: true,
  requireHttps: true,
  trustedProxies: true,
  allowedOrigins: true,
  replayProtection: { store: true },
};

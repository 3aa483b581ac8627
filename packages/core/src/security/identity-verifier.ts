import type { KeyObject } from 'node:crypto';
import { errors, type JWTPayload, jwtVerify } from 'jose';
import type { SecurityReason } from './security-reason.js';

/** What a verified identity token says. */
export interface Identity {
  readonly audience: string;
  /** The object or workflow key that the token is for; undefined for services. */
  readonly subject: string | undefined;
  /** When it ends, in seconds since 1970. */
  readonly expiry: number;
}

const SCHEME = 'v1';

/** The server signs once per path, key and second, so that busy services send few tokens; keyed ones are rarely seen twice. */
const MOST_CACHED = 1_000;

/**
 * Verifies the tokens with which a Restate server signs its requests: a JWT of Ed25519 ("EdDSA"), for the path behind the
 * mount point, valid for about a minute. A token is cached only once it has been verified.
 */
export class IdentityVerifier {
  private keys: readonly KeyObject[];
  private verified = new Map<string, Identity>();

  constructor(keys: readonly KeyObject[]) {
    this.keys = keys;
  }

  /** Replaces the keys; tokens of removed ones are valid no longer. */
  setKeys(keys: readonly KeyObject[]): void {
    this.keys = keys;
    this.verified = new Map();
  }

  /** @param path of the request's URL */
  async verify(
    path: string,
    scheme: string | undefined,
    token: string | undefined,
  ): Promise<Identity | { readonly reason: SecurityReason }> {
    if (scheme === undefined || token === undefined) return { reason: 'unsigned' };
    if (scheme !== SCHEME) return { reason: 'unknown-scheme' };
    const identity = this.verified.get(token) ?? (await this.verifySignature(token));
    if ('reason' in identity) return identity;
    if (identity.expiry <= Math.floor(Date.now() / 1_000)) return { reason: 'expired' };
    if (identity.audience !== audienceOf(path)) return { reason: 'wrong-audience' };
    return identity;
  }

  private async verifySignature(token: string): Promise<Identity | { readonly reason: SecurityReason }> {
    const { verified } = this;
    let reason: SecurityReason = 'bad-signature';
    for (const key of this.keys) {
      try {
        const { payload } = await jwtVerify(token, key, {
          algorithms: ['EdDSA'],
          requiredClaims: ['aud', 'exp', 'iat', 'nbf'],
        });
        const identity = identityOf(payload);
        if (!identity) return { reason: 'malformed-token' };
        if (verified.size >= MOST_CACHED) verified.delete(verified.keys().next().value!);
        verified.set(token, identity);
        return identity;
      } catch (error) {
        reason = reasonOf(error);
        if (reason !== 'bad-signature') break;
      }
    }
    return { reason };
  }
}

function identityOf({ aud, sub, exp }: JWTPayload): Identity | undefined {
  if (typeof aud !== 'string' || exp === undefined) return undefined;
  return { audience: aud, subject: sub, expiry: exp };
}

function reasonOf(error: unknown): SecurityReason {
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'bad-signature';
  if (error instanceof errors.JWTExpired) return 'expired';
  if (error instanceof errors.JWTClaimValidationFailed && error.claim === 'nbf' && error.reason === 'check_failed') {
    return 'not-yet-valid';
  }
  return 'malformed-token';
}

/** What a token for a path is for: without the mount point, which the server may know by another name. */
function audienceOf(path: string): string {
  const fragments = path.split('/');
  if (fragments.at(-3) === 'invoke') return `/${fragments.slice(-3).join('/')}`;
  if (fragments.at(-1) === 'discover') return '/discover';
  return path;
}

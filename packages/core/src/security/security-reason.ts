/** Why a request to the endpoint is refused: the HTTP status, what is wrong with it, what to do when it was honest. */
export const SECURITY_REASONS = {
  'origin-not-allowed': {
    status: 403,
    what: 'its address is not in endpoint.security.allowedOrigins',
    cure: 'Add the address, or, when it is a proxy, add it to trustedProxies.',
  },
  'insecure-transport': {
    status: 403,
    what: 'it did not come over HTTPS',
    cure: 'Use an https:// URL as advertisedUrl; the proxy that ends TLS has to be in endpoint.security.trustedProxies.',
  },
  unsigned: {
    status: 401,
    what: 'it has no identity token',
    cure: 'Give the Restate server a key: request-identity-private-key-pem-file.',
  },
  'unknown-scheme': {
    status: 401,
    what: 'its signature scheme is not v1',
    cure: 'Use a Restate server of a supported version.',
  },
  'malformed-token': {
    status: 401,
    what: 'its identity token cannot be read, or is not signed with Ed25519',
    cure: 'Look for a proxy that changes the header x-restate-jwt-v1.',
  },
  'bad-signature': {
    status: 401,
    what: 'its identity token is not signed by a key in endpoint.security.identityKeys',
    cure: "Add the server's public key, which it logs at start-up.",
  },
  expired: {
    status: 401,
    what: 'its identity token has expired',
    cure: 'Compare the clocks of the Restate server and of this host.',
  },
  'not-yet-valid': {
    status: 401,
    what: 'its identity token is not valid yet',
    cure: 'Compare the clocks of the Restate server and of this host.',
  },
  'wrong-audience': {
    status: 401,
    what: 'its identity token is for another handler',
    cure: 'Look for a proxy that rewrites paths behind /invoke.',
  },
  'wrong-subject': {
    status: 401,
    what: 'its identity token is for another object key than its message',
    cure: 'Only a forger sends such a message.',
  },
  replayed: {
    status: 409,
    what: 'the same request has been served already',
    cure: 'Nothing: should the Restate server have sent it, it tries again with another one.',
  },
  'replay-store-failed': {
    status: 503,
    what: 'the replay store failed',
    cure: 'Look after the store; the Restate server tries again.',
  },
} as const;

/** Why a request to the endpoint is refused. */
export type SecurityReason = keyof typeof SECURITY_REASONS;

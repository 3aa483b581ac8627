import { ReaError } from '../rea.error.js';

/** The mode asks for signed requests, and there is no key to verify them with. */
export class IdentityKeyMissingError extends ReaError {
  readonly code = 'REA1050';

  constructor() {
    super(
      "REA1050: The endpoint is in mode strict (the default with NODE_ENV=production) and has no identity key, so whoever reaches it could run handlers. Give the Restate server a key (request-identity-private-key-pem-file) and set endpoint.security.identityKeys to the public key that it logs at start-up. If the endpoint's network is closed to all others, say so with endpoint.security.mode: 'permissive'.",
    );
  }
}

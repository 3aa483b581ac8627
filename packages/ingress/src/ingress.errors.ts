import { ReaError } from '@rea/core';

/** An ingress client names a connection that `IngressModule` does not have. */
export class UnknownConnectionError extends ReaError {
  readonly code = 'REA1052';

  constructor(name: string, neededBy: string | undefined, known: readonly string[]) {
    const who = neededBy === undefined ? 'An ingress client' : `An ingress client of ${neededBy}`;
    const has = known.length === 0 ? 'has no named connections' : `has: ${known.join(', ')}`;
    super(
      `REA1052: ${who} uses the connection "${name}", and IngressModule ${has}. Add it: IngressModule.forRoot({ connections: { ${JSON.stringify(name)}: { url } } }).`,
    );
  }
}

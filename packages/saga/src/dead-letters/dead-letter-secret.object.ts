import { randomBytes } from 'node:crypto';
import { Handler, run, Shared, VirtualObject } from '@rea/core';
import { BuiltIn } from '@rea/core/internal';
import { type ObjectContext, type ObjectSharedContext } from '@restatedev/restate-sdk';
import { JSON_FORMAT } from './json-format.js';
import { SECRET } from './dead-letter-names.js';
import { digestOf, sameDigest } from './secret-digest.js';

/**
 * Keeps the generated secret of the operators: reachable for this application's handlers, readable for those who reach
 * the admin API. Journals of its handlers are not retained, so the secret is in its state only.
 */
@BuiltIn()
@VirtualObject({
  name: SECRET,
  ingressPrivate: true,
  journalRetention: 0,
  serde: JSON_FORMAT,
  description: 'The generated secret for the dead letters.',
})
export class DeadLetterSecret {
  /** Makes the secret, once. */
  @Handler()
  async prepare(ctx: ObjectContext): Promise<void> {
    if ((await ctx.get<string>('secret')) !== null) return;
    ctx.set('secret', await run(ctx, 'secret', () => randomBytes(32).toString('base64url')));
  }

  /** Whether a secret of that digest is the one; never, while there is none. */
  @Shared()
  async verify(ctx: ObjectSharedContext, digest: string): Promise<boolean> {
    const secret = await ctx.get<string>('secret');
    return secret !== null && sameDigest(digest, digestOf(secret));
  }
}

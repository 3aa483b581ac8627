import { Inject, Injectable, Optional } from '@nestjs/common';
import type { Context } from '@restatedev/restate-sdk';
import { ComponentCalls } from '../dead-letters/component-calls.js';
import { DEAD_LETTER_OPTIONS, type DeadLetterOptions } from '../dead-letters/dead-letter.options.js';
import { forbidden } from '../dead-letters/dead-letter-failures.js';
import { SECRET, SECRET_HEADER, SECRET_KEY } from '../dead-letters/dead-letter-names.js';
import { digestOf, sameDigest } from '../dead-letters/secret-digest.js';

/** Decides, in a facade's handler, whether a request comes from an operator: it carries the secret. */
@Injectable()
export class OperatorAdmission {
  private readonly digest: string | undefined;

  constructor(
    private readonly calls: ComponentCalls,
    @Optional() @Inject(DEAD_LETTER_OPTIONS) options: DeadLetterOptions | undefined,
  ) {
    this.digest = options?.secret === undefined ? undefined : digestOf(options.secret);
  }

  /** Makes the generated secret, if there is none and one is needed. */
  async prepare(ctx: Context): Promise<void> {
    if (this.digest === undefined) await this.calls.call(ctx, SECRET, 'prepare', SECRET_KEY, undefined);
  }

  /** @throws TerminalError (403, `REA8020`) */
  async admit(ctx: Context): Promise<void> {
    const secret = ctx.request().headers.get(SECRET_HEADER);
    if (secret === undefined || secret === '') throw forbidden();
    const digest = digestOf(secret);
    const admitted =
      this.digest === undefined
        ? await this.calls.call<unknown>(ctx, SECRET, 'verify', SECRET_KEY, digest)
        : sameDigest(digest, this.digest);
    // Nothing but true admits: what answers in place of the object may have changed its answer.
    if (admitted !== true) throw forbidden();
  }
}

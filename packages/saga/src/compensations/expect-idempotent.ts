import { isDeepStrictEqual } from 'node:util';
import { ReaError } from '@rea/core';
import { messageOf } from '@rea/core/internal';

/** A compensation did something the second time it ran. */
export class NotIdempotentError extends ReaError {
  readonly code = 'REA8006';

  constructor(problem: string, options?: ErrorOptions) {
    super(
      `REA8006: ${problem} A compensation may run more than once: recognise the repetition, by its idempotency key.`,
      options,
    );
  }
}

/**
 * For tests: runs a compensation twice and compares what it has left behind. Whatever it is run by, a unit test with a
 * fake context or an invocation on a real server, has to give it the same payload and idempotency key both times.
 *
 * @param compensate runs it once
 * @param observe gives what can be seen of its effects, to be compared deeply: a row, a list of requests, a balance
 * @throws NotIdempotentError when the second run fails or changes what is seen; what the first run throws
 *
 * @example
 * ```ts
 * await expectIdempotent(() => runInContext(fakeContext(), (ctx) => stock.release(ctx, { orderId }, run)), () => stock.levels());
 * ```
 */
export async function expectIdempotent(compensate: () => PromiseLike<unknown>, observe: () => unknown): Promise<void> {
  await compensate();
  const once = structuredClone(await observe());
  try {
    await compensate();
  } catch (cause) {
    throw new NotIdempotentError(`The second run failed: ${messageOf(cause)}.`, {
      cause,
    });
  }
  const twice: unknown = await observe();
  if (isDeepStrictEqual(once, twice)) return;
  throw new NotIdempotentError(
    `The second run changed something: ${JSON.stringify(once)} became ${JSON.stringify(twice)}.`,
  );
}

import type { Context, GenericCall, InvocationPromise, RestatePromise } from '@restatedev/restate-sdk';

/** The future of a call. */
export interface CallFuture {
  readonly invocationId: InvocationPromise<unknown>['invocationId'];
}

const SENT = Symbol('sent call');

/** Whether a future is a {@link sentCall}. */
export function isSent(future: object): boolean {
  return SENT in future;
}

/** A future of one notification, as the SDK makes them. */
interface Single<T> extends RestatePromise<T> {
  readonly handle?: number;
  tryComplete(): Promise<void>;
  unresolvedFuture(): unknown;
  publicPromise(): Promise<T>;
  isCompleted(): boolean;
}

/**
 * A call as a message whose answer is attached to: a cancellation of the caller does not reach the callee.
 *
 * @param count distinguishes the calls of an invocation; the same on every replay
 */
export function sentCall<I, O>(ctx: Context, call: GenericCall<I, O>, count: number): InvocationPromise<O> {
  const { outputSerde, ...message } = call;
  // With a key, the answer is kept for whoever attaches late.
  const idempotencyKey = call.idempotencyKey ?? `${ctx.request().id}/shielded/${count}`;
  const { invocationId } = ctx.genericSend({ ...message, idempotencyKey });
  const id = invocationId as Single<typeof invocationId extends Promise<infer T> ? T : never>;
  const future: Single<O> = Object.create(id);
  const answer = Promise.withResolvers<O>();
  answer.promise.catch(() => undefined);
  let attached: Single<O> | undefined;
  return Object.assign(future, {
    [SENT]: true,
    invocationId,
    cancelPromise: Promise.withResolvers(),
    pollingPromise: undefined,
    publicPromise: () => answer.promise,
    isCompleted: () => attached?.isCompleted() ?? false,
    unresolvedFuture: () => (attached ?? id).unresolvedFuture(),
    tryComplete: async () => {
      if (!attached) {
        await id.tryComplete();
        if (!id.isCompleted()) return;
        attached = ctx.invocation(await id.publicPromise()).attach(outputSerde) as Single<O>;
        attached.publicPromise().then(answer.resolve, answer.reject);
      }
      await attached.tryComplete();
    },
  });
}

import { AsyncLocalStorage } from 'node:async_hooks';
import { Inject, Injectable, Optional } from '@nestjs/common';
import type { Context } from '@restatedev/restate-sdk';
import { ReaEvents } from '@rea/core';
import { attemptOf, Interruption, refuseInRun } from '@rea/core/internal';
import { CompensationRegistry } from './compensations/compensation-registry.js';
import { DeadLetterQueue } from './dead-letters/dead-letter-queue.js';
import type { Saga } from './saga/saga.js';
import { SagaRun } from './saga/saga-run.js';
import type { SagaRunOptions } from './saga/saga-run.options.js';
import { SagaScope } from './saga/saga-scope.js';
import { checkRunOptions } from './saga.options-validation.js';
import { SAGA_OPTIONS, type SagaModuleOptions } from './saga.options.js';

/** A saga that runs, and the context that it runs on. */
interface Running {
  readonly raw: Context;
  readonly saga: Saga;
}

const running = new AsyncLocalStorage<Running>();

/** How often a saga of each name was started in an attempt. */
const started = new WeakMap<Context, Map<string, number>>();

/** How many sagas of this name the attempt has started, this one included. */
function occurrenceOf(raw: Context, name: string): number {
  const counts = started.get(raw) ?? new Map<string, number>();
  const count = (counts.get(name) ?? 0) + 1;
  started.set(raw, counts.set(name, count));
  return count;
}

/**
 * Runs sagas in handlers.
 *
 * @example
 * ```ts
 * return this.sagas.run(ctx, 'order', async (saga) => {
 *   const hold = await saga.step('reserve-stock', {
 *     compensate: (outcome) => compensateWith(releaseStock, { orderId, hold: outcome.known ? outcome.value.id : undefined }),
 *     action: () => this.stock.of(sku).call.reserve(lines),
 *   });
 *   ...
 * });
 * ```
 */
@Injectable()
export class Sagas {
  constructor(
    @Inject(SAGA_OPTIONS) private readonly options: SagaModuleOptions,
    private readonly registry: CompensationRegistry,
    private readonly queue: DeadLetterQueue,
    // Unit tests work with a fake context, and need no ReaModule.
    @Optional() private readonly events: ReaEvents = new ReaEvents(),
  ) {}

  /**
   * Runs a block as a saga. When the block fails for good, its steps are undone, latest first, and the error goes on.
   *
   * - It rolls back on a terminal error (also a Nest 4xx exception), on cancellation, and when its deadline passes; never
   *   on suspension, a retryable error or a lost connection: the block is replayed then.
   * - Before the rollback, whatever the block has started ends: runs that have begun, and callees, which are cancelled and
   *   roll back themselves. The rollback is not interrupted by further cancellations, nor are its callees.
   * - A killed invocation runs nothing; the module's supervisor finds it.
   *
   * Within the block of another saga of the same invocation it is a nested saga of that one.
   *
   * @param ctx the handler's context, of any kind
   * @param name for reports, dead letters and idempotency keys: keep it stable
   * @param block runs again on each replay, as all handler code
   * @returns what the block returns
   * @throws the block's terminal error, with its status, and the report: `sagaReportOf(error)`. After a cancellation a
   *   `CancelledError` (409), after the deadline a terminal 408
   */
  async run<T>(
    ctx: Context,
    name: string,
    block: (saga: Saga) => PromiseLike<T>,
    options: SagaRunOptions = {},
  ): Promise<T> {
    refuseInRun(`sagas.run("${name}")`);
    checkRunOptions(options);
    const raw = attemptOf(ctx)?.ctx ?? ctx;
    const outer = running.getStore();
    const enter = (saga: Saga) => running.run({ raw, saga }, () => block(saga));
    if (outer?.raw === raw) return outer.saga.nested(name, enter, options);
    const merged = { ...this.options, ...options, retry: { ...this.options.retry, ...options.retry } };
    const services = { registry: this.registry, queue: this.queue, events: this.events };
    const scope = new SagaScope(ctx, name, merged, services, Interruption.of(ctx), occurrenceOf(raw, name));
    return new SagaRun(scope, '', merged).run(enter);
  }
}

import { Inject, Injectable } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { type Context, TerminalError } from '@restatedev/restate-sdk';
import { ERROR_METADATA, ReaEvents } from '@rea/core';
import { attemptOf, checkOrchestration, Interruption, refuseInRun, Section } from '@rea/core/internal';
import { CompensationRegistry } from './compensations/compensation-registry.js';
import { DeadLetterQueue } from './dead-letters/dead-letter-queue.js';
import { declaredSagaOf, type SagaClass } from './declared/declared-saga.decorator.js';
import { executeDeclared } from './declared/execute-declared.js';
import type { SagaInput, SagaResults } from './declared/declared-saga.types.js';
import { checkName } from './saga/check-name.js';
import type { Saga } from './saga/saga.js';
import { SagaRun } from './saga/saga-run.js';
import type { SagaRunOptions } from './saga/saga-run.options.js';
import { SagaScope, type SagaServices } from './saga/saga-scope.js';
import { SagaSection } from './saga/saga-section.js';
import { checkRunOptions } from './saga.options-validation.js';
import { SAGA_OPTIONS, type SagaModuleOptions } from './saga.options.js';
import { type RestartedCopy, RestartedCopies } from './supervisor/restarted-copies.js';
import { rollBackOnly } from './supervisor/roll-back-only.js';
import { sendCancel } from './supervisor/send-cancel.js';

/** Names of the sagas that were started in an attempt. */
const STARTED = Symbol('rea.sagas-started');

/** How many sagas of this name the attempt has started, this one included. */
function occurrenceOf(raw: Context, name: string): number {
  const started = ((raw as { [STARTED]?: string[] })[STARTED] ??= []);
  started.push(name);
  return started.filter((each) => each === name).length;
}

/**
 * The saga that the calling code belongs to: the innermost one, in its block and in what the block calls.
 *
 * @throws TerminalError (500, `REA8002`) outside a saga
 */
export function currentSaga(): Saga {
  const saga = Section.nearest(SagaSection)?.saga;
  if (saga) return saga;
  throw new TerminalError(
    'REA8002: currentSaga() was called outside a saga. Decorate the handler with @SagaHandler(), or use the saga that sagas.run(ctx, name, (saga) => ...) gives.',
    { errorCode: 500, metadata: { [ERROR_METADATA.code]: 'REA8002' } },
  );
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
  private readonly services: SagaServices;

  constructor(
    @Inject(SAGA_OPTIONS) private readonly options: SagaModuleOptions,
    registry: CompensationRegistry,
    queue: DeadLetterQueue,
    events: ReaEvents,
    private readonly moduleRef: ModuleRef,
    private readonly copies: RestartedCopies,
  ) {
    this.services = { registry, queue, events };
  }

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
    options?: SagaRunOptions,
  ): Promise<T> {
    checkName('saga', name);
    refuseInRun(`sagas.run("${name}")`);
    checkOrchestration(attemptOf(ctx), `sagas.run("${name}")`);
    if (options) checkRunOptions(options);
    const raw = attemptOf(ctx)?.ctx ?? ctx;
    const outer = Section.nearest(SagaSection);
    if (outer?.saga && outer.raw === raw) return outer.saga.nested(name, block, options);
    const copy = this.copies.of(ctx);
    if (!(copy instanceof Promise)) return this.start(ctx, name, block, options, copy);
    return copy.then((found) => this.start(ctx, name, block, options, found));
  }

  /**
   * Cancels another invocation, durably: the saga in it rolls back, and keeps the reason in its report (`cause.reason`).
   * Nothing happens when it has ended. It has only been told when the handler goes on.
   */
  cancel(ctx: Context, invocationId: string, reason?: string): void {
    refuseInRun('sagas.cancel()');
    checkOrchestration(attemptOf(ctx), 'sagas.cancel()');
    sendCancel(ctx, invocationId, reason === undefined ? {} : { reason });
  }

  /**
   * Runs a declared saga: a class decorated with `@DeclaredSaga()`, provided in any module.
   *
   * @param input what each step is given
   * @returns the results of its steps, by the names of their methods
   * @throws as {@link run}
   */
  async execute<T extends object>(
    ctx: Context,
    type: SagaClass<T>,
    input: SagaInput<T>,
    options: SagaRunOptions = {},
  ): Promise<SagaResults<T>> {
    const { name, ...declared } = declaredSagaOf(type);
    const instance = this.moduleRef.get<object>(type, { strict: false });
    const results = await this.run(ctx, name, (saga) => executeDeclared(ctx, saga, name, instance, input), {
      ...declared,
      ...options,
    });
    return results as SagaResults<T>;
  }

  private start<T>(
    ctx: Context,
    name: string,
    block: (saga: Saga) => PromiseLike<T>,
    options: SagaRunOptions | undefined,
    copy: RestartedCopy | null,
  ): Promise<T> {
    const attempt = attemptOf(ctx);
    if (copy && attempt) attempt.identity = copy.identity;
    const merged = options
      ? { ...this.options, ...options, retry: { ...this.options.retry, ...options.retry } }
      : this.options;
    const scope = new SagaScope(
      ctx,
      name,
      merged,
      this.services,
      Interruption.of(ctx),
      occurrenceOf(attempt?.ctx ?? ctx, name),
    );
    const { rollsBack } = copy ?? {};
    return new SagaRun(scope, '', merged).run(rollsBack === undefined ? block : rollBackOnly(scope, rollsBack, block));
  }
}

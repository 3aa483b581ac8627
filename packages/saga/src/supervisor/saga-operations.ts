import { Injectable } from '@nestjs/common';
import { OperatorClient } from '../operators/operator-client.js';
import type { KilledRollback, KilledSaga, PausedSaga } from './saga-invocation.js';
import { SAGA_FACADE } from './saga-operation-facade.js';
import type { ListRequest, SagaVerbRequest } from './saga-operator-requests.js';
import { SUPERVISOR_DEFAULTS } from './supervisor.options.js';

/** Who does something to a saga, and why. */
export interface SagaVerbOptions {
  /** The operator, for the log: 1 to 256 characters. */
  readonly by: string;
  /** For the saga's report (`cause.reason`): 1 to 2 000 characters. */
  readonly reason?: string;
}

/** Which sagas are listed. */
export interface SagaListOptions {
  /** Most sagas: 1 to 500. Default 100. */
  readonly limit?: number;
  /** Of killed ones: not those that ended before. Default: a day ago. */
  readonly since?: Date | string;
}

/**
 * The sagas of this application, for operators: those that were killed or are paused, and verbs on any.
 * `SagaOperatorsModule` has endpoints for it. Use it in controllers of your own and jobs, behind a guard; in handlers, `sagas.cancel()` is the durable way.
 *
 * It asks the processes that serve the handlers; these need `server.adminUrl`. Every verb is durable once it has reached
 * Restate. All methods throw {@link SagaOperationException}, which Nest answers with: 400 for arguments that cannot be
 * used, 502, 503, 504 when Restate, its admin API or the application's handlers cannot be reached.
 *
 * @example
 * ```ts
 * @UseGuards(OperatorsOnly)
 * @Controller('sagas')
 * export class SagaController {
 *   constructor(private readonly operations: SagaOperations) {}
 *
 *   @Get('killed')
 *   killed() {
 *     return this.operations.killed();
 *   }
 *
 *   @Post(':id/roll-back')
 *   rollBack(@Param('id') id: string, @Body('by') by: string) {
 *     return this.operations.rollBack(id, { by });
 *   }
 * }
 * ```
 */
@Injectable()
export class SagaOperations {
  constructor(private readonly operator: OperatorClient) {}

  /**
   * Sagas that died without answering, the latest first, with what was done about them. Restate forgets them when their
   * retention is over, 24 hours after their end unless it is configured.
   */
  killed(options: SagaListOptions = {}): Promise<readonly KilledSaga[]> {
    return this.operator.ask(SAGA_FACADE, 'killed', listRequest(options));
  }

  /** Sagas whose retries are used up and that wait for {@link resume} or {@link cancel}, the latest first. */
  paused(options: Pick<SagaListOptions, 'limit'> = {}): Promise<readonly PausedSaga[]> {
    return this.operator.ask(SAGA_FACADE, 'paused', listRequest(options));
  }

  /**
   * Rolls a killed saga back, once. It has begun when this returns.
   *
   * On services and objects a copy takes over the journal and is cancelled, so the handler's own code rolls back, with
   * idempotency keys made of the killed invocation's id. What was done is not done again. An action that was under way
   * when the saga was killed counts as one whose outcome is not known: a run is not started again, a call is, and is
   * cancelled. Only where the very first durable operation of the handler was under way, and another replica runs the
   * copy than the one that starts it, may the copy go on forward until its cancellation arrives, some milliseconds later:
   * as another attempt would, but with idempotency keys of its own.
   *
   * The copy runs the handler on the deployment that wrote the journal, and replays it with the same idempotency keys. It
   * cannot where the handler passes on `ctx.request().id` or values of `ctx.rand`, which are others in the copy: it is
   * paused then, which is told. Pass on the keys of steps and runs instead.
   *
   * Workflows are undone from their state, if the saga has the option `journal`: by the named compensations, on a
   * service's context.
   *
   * @throws SagaOperationException 404 (`REA8043`), 409 (`REA8044` it was not killed, `REA8045` it was rolled back already,
   *   `REA8046` it was restarted by hand), 422 (`REA8042`) it cannot be rolled back: its journal is gone; something was
   *   done after an operation that had not ended (a deadline, a timeout, another branch), which Restate would do again; a
   *   workflow without a log, or past its pivot
   */
  rollBack(invocationId: string, options: SagaVerbOptions): Promise<KilledRollback> {
    return this.operator.ask(SAGA_FACADE, 'rollBack', { ...options, invocationId } satisfies SagaVerbRequest);
  }

  /**
   * Cancels a saga that is alive or paused, so that it rolls back. A saga whose attempts work learns of it where it waits,
   * which may be after this returns. One that is paused, or that fails and is tried again, is tried at once, and this
   * returns when its rollback has begun or has ended. Past its pivot a saga ignores a cancellation.
   *
   * @throws SagaOperationException 404 (`REA8043`), 409 (`REA8047`) it has ended, 504 (`REA8060`) it goes on failing, and
   *   the cancellation has taken no effect within 5 s: it is past its pivot, or does not get as far as its handler
   */
  async cancel(invocationId: string, options: SagaVerbOptions): Promise<void> {
    await this.operator.ask(SAGA_FACADE, 'cancel', { ...options, invocationId } satisfies SagaVerbRequest);
  }

  /**
   * Gives a paused saga fresh attempts: it goes on where it stands. Mend first what has made it fail.
   *
   * @throws SagaOperationException 404 (`REA8043`), 409 (`REA8048`) it is not paused
   */
  async resume(invocationId: string, { by }: Pick<SagaVerbOptions, 'by'>): Promise<void> {
    await this.operator.ask(SAGA_FACADE, 'resume', { invocationId, by } satisfies SagaVerbRequest);
  }
}

function listRequest({ limit = 100, since }: SagaListOptions): ListRequest {
  const from = since ?? new Date(Date.now() - SUPERVISOR_DEFAULTS.window);
  return { limit, since: from instanceof Date && !Number.isNaN(from.getTime()) ? from.toISOString() : String(from) };
}

import { Injectable } from '@nestjs/common';
import { durationProblem, toMillis } from '@rea/core/internal';
import type { Duration } from '@restatedev/restate-sdk';
import { DEAD_LETTER_FACADE } from './dead-letter-facade.js';
import type {
  DeadLetterEntry,
  DeadLetterFilter,
  DeadLetterPage,
  DeadLetterQuery,
  OperatorNote,
  PurgeResult,
  RedriveOptions,
  RedriveResult,
  ResolveOptions,
} from './dead-letter-entry.js';
import { badRequest } from './dead-letter-failures.js';
import { toConditions, toPageRequest, toTime } from './dead-letter-query.js';
import { DeadLetterSql } from './dead-letter-sql.js';
import { OperatorClient } from '../operators/operator-client.js';

/** Which closed entries are purged. */
export interface PurgeOptions extends Pick<OperatorNote, 'by'> {
  /** Closed before this time, or for longer than this: `{ days: 90 }`. */
  readonly olderThan: Date | Duration;
  /** Most entries of one call: 1 to 1 000. Default 1 000. */
  readonly limit?: number;
}

/**
 * The dead letters of this application's sagas, for operators: what could not be undone, or after a pivot not be done.
 * `SagaOperatorsModule` has endpoints for it. Use it in controllers of your own and jobs, behind a guard; not in handlers.
 *
 * Every verb is durable once it has reached Restate: it is done even if this process dies. Verbs on one entry run one
 * after another, so an entry is redriven once however many operators ask for it at once.
 *
 * All methods throw {@link DeadLetterException}, which Nest answers with: 400 for arguments that cannot be used, 502,
 * 503, 504 when Restate or the application's handlers cannot be reached.
 *
 * @example
 * ```ts
 * @UseGuards(OperatorsOnly)
 * @Controller('dead-letters')
 * export class DeadLetterController {
 *   constructor(private readonly deadLetters: DeadLetters) {}
 *
 *   @Get()
 *   list(@Query('cursor') cursor?: string) {
 *     return this.deadLetters.list({ status: 'open', cursor });
 *   }
 *
 *   @Post(':id/redrive')
 *   redrive(@Param('id') id: string, @Body('by') by: string) {
 *     return this.deadLetters.redrive(id, { by });
 *   }
 * }
 * ```
 */
@Injectable()
export class DeadLetters {
  constructor(
    private readonly operator: OperatorClient,
    private readonly sql: DeadLetterSql,
  ) {}

  /**
   * A page of entries, the newest first. Through the admin API it is complete and current. Without one it comes from the
   * index: a page may then be shorter than asked for while there is a cursor.
   */
  async list(query: DeadLetterQuery = {}): Promise<DeadLetterPage> {
    const request = checked(() => toPageRequest(query));
    if (this.sql.available) return this.read(() => this.sql.list(request));
    return this.operator.ask(DEAD_LETTER_FACADE, 'list', query);
  }

  /** How many entries there are. */
  async count(filter: DeadLetterFilter = {}): Promise<number> {
    const conditions = checked(() => toConditions(filter));
    if (this.sql.available) return this.read(() => this.sql.count(conditions));
    return this.operator.ask(DEAD_LETTER_FACADE, 'count', filter);
  }

  /** Everything about an entry, with its history. @throws DeadLetterException (404, `REA8021`) when there is none */
  get(id: string): Promise<DeadLetterEntry> {
    return this.operator.ask(DEAD_LETTER_FACADE, 'get', { id });
  }

  /**
   * Runs the named compensation again, durably, with the entry's idempotency key and the next attempt number: by the
   * code that is deployed now. Then it goes on with what the rollback had not undone since it stopped there, in order,
   * each with its own idempotency key and as many tries as the module's `retry` allows. Once nothing is left, the entry is
   * closed as `redriven`. At the first failure it stops: the entry stays open with what is left and the error in its
   * history, the result says so, and the next redrive goes on from there. A second redrive waits for a running one.
   *
   * @throws DeadLetterException nothing was run: 400 (`REA8004`, `REA8066`) a payload does not fit its compensation's
   *   schema, or is for a step that is not left, 404 (`REA8021`), 409 (`REA8022`, `REA8065`) the entry is closed, or waits
   *   for another one, 422 (`REA8023` to `REA8026`) the step cannot be redriven: its compensation was written inline, it
   *   stands after the pivot, is no longer registered, or its payload was too large to be kept
   */
  redrive(id: string, options: RedriveOptions): Promise<RedriveResult> {
    return this.operator.ask(DEAD_LETTER_FACADE, 'redrive', { ...options, id });
  }

  /**
   * Closes an entry that was settled by hand; with `step` only that step of it, and the entry once it was the last.
   *
   * @throws DeadLetterException 400 (`REA8066`) it has no such step left, 404 (`REA8021`), 409 (`REA8022`)
   */
  resolve(id: string, note: ResolveOptions): Promise<DeadLetterEntry> {
    return this.operator.ask(DEAD_LETTER_FACADE, 'resolve', { ...note, id });
  }

  /** Closes an entry that needs nothing done. @throws DeadLetterException 404 (`REA8021`), 409 (`REA8022`) */
  discard(id: string, note: OperatorNote): Promise<DeadLetterEntry> {
    return this.operator.ask(DEAD_LETTER_FACADE, 'discard', { ...note, id });
  }

  /**
   * Forgets closed entries, with their history. Open ones are never purged. One call does a bounded number of them;
   * {@link PurgeResult.more} says whether to call again.
   */
  async purge({ by, olderThan, limit = 1_000 }: PurgeOptions): Promise<PurgeResult> {
    const before = olderThan instanceof Date ? olderThan : new Date(Date.now() - checked(() => ageOf(olderThan)));
    return this.operator.ask(DEAD_LETTER_FACADE, 'purge', {
      by,
      olderThan: checked(() => toTime('olderThan', before)),
      limit,
    });
  }

  private async read<T>(query: () => Promise<T>): Promise<T> {
    try {
      return await query();
    } catch (error) {
      throw error instanceof Error ? DEAD_LETTER_FACADE.adminFailed(error) : error;
    }
  }
}

function checked<T>(check: () => T): T {
  try {
    return check();
  } catch (error) {
    throw DEAD_LETTER_FACADE.asException(error);
  }
}

/** In milliseconds. @throws TerminalError (400, `REA8027`): without it everything would count as old */
function ageOf(olderThan: Duration): number {
  const problem = durationProblem(olderThan);
  if (problem !== undefined) throw badRequest(`olderThan ${problem}. Pass a Date, or a duration such as { days: 30 }.`);
  return toMillis(olderThan);
}

import { Handler, now, ReaEvents, run, Shared, VirtualObject } from '@rea/core';
import { BuiltIn } from '@rea/core/internal';
import { type ObjectContext, type ObjectSharedContext, TerminalError } from '@restatedev/restate-sdk';
import { JSON_FORMAT } from './json-format.js';
import { CompensationRegistry } from '../compensations/compensation-registry.js';
import { ComponentCalls } from './component-calls.js';
import type { CompensationOrder } from './compensation-runner.service.js';
import type {
  DeadLetterEntry,
  DeadLetterError,
  DeadLetterRecord,
  DeadLetterSummary,
  RedriveOptions,
  RedriveResult,
} from './dead-letter-entry.js';
import {
  forwardStep,
  inlineCompensation,
  notOpen,
  unknownEntry,
  unregistered,
  withheldPayload,
} from './dead-letter-failures.js';
import { DeadLetterIndex } from './dead-letter-index.js';
import { ENTRY, RUNNER } from './dead-letter-names.js';
import { eventInfo, firstSummary, newHistory, record, type StoredHistory, toEntry, toError } from './entry-state.js';
import type { StoredReport } from './stored-report.js';

/** How an entry is closed without running anything. */
export interface Closing {
  readonly by: string;
  readonly note: string;
  readonly as: 'resolved' | 'discarded';
}

/** Which entry may be purged. */
export interface Purging {
  readonly by: string;
  /** Closed before this time. ISO 8601, UTC. */
  readonly olderThan: string;
}

/** What is stored of an entry: the row of lists, the report as it came, the history, an edited payload. */
interface Stored {
  readonly summary: DeadLetterSummary;
  readonly report: StoredReport;
  readonly history: StoredHistory;
  readonly edited: { readonly payload: unknown } | null;
}

/**
 * One dead letter: an object per entry, so that what operators do to one is done one after another, and an entry lives
 * until it is purged, whatever becomes of the saga.
 *
 * Its verbs are reached through the guarded `rea.DeadLetterOperator` only.
 */
@BuiltIn()
@VirtualObject({
  name: ENTRY,
  ingressPrivate: true,
  serde: JSON_FORMAT,
  description: 'Dead letters of sagas, one each.',
})
export class DeadLetterObject {
  constructor(
    private readonly registry: CompensationRegistry,
    private readonly calls: ComponentCalls,
    private readonly index: DeadLetterIndex,
    private readonly events: ReaEvents,
  ) {}

  /** Stores a report, once: a second one of the same id changes nothing. */
  @Handler()
  async add(ctx: ObjectContext, report: StoredReport): Promise<void> {
    if ((await ctx.get<DeadLetterSummary>('summary')) !== null) return;
    const summary = firstSummary(ctx.key, report, await timeOf(ctx));
    ctx.set('report', report);
    ctx.set('history', newHistory(summary, report.error));
    ctx.set('summary', summary);
    // In a run: journaled, so that a replay does not publish again.
    await run(ctx, 'publish', () => {
      this.events.publish('dead-letter-added', () => ({ ...eventInfo(summary), error: summary.error }));
    });
    this.index.add(ctx, summary);
  }

  /** Everything about the entry. @throws TerminalError (404, `REA8021`) */
  @Shared()
  async get(ctx: ObjectSharedContext): Promise<DeadLetterEntry> {
    const { summary, report, history, edited } = await this.stored(ctx);
    return toEntry(summary, report, history, edited);
  }

  /**
   * Runs the compensation again.
   *
   * @throws TerminalError when nothing was run: 404 (`REA8021`), 409 (`REA8022`), 422 (`REA8023` to `REA8026`), and 400
   *   (`REA8004`) for a payload that does not fit the compensation's schema
   */
  @Handler()
  async redrive(ctx: ObjectContext, { by, note, payload: edited }: RedriveOptions): Promise<RedriveResult> {
    const entry = await this.open(ctx);
    const { report } = entry;
    const order = this.order(entry, edited);
    const error = await this.execute(ctx, order);
    if (edited !== undefined) ctx.set('edited', { payload: edited });
    const changed = await this.change(ctx, entry, error ? {} : { status: 'redriven' }, {
      action: error ? 'redrive-failed' : 'redriven',
      by,
      ...(note === undefined ? {} : { note }),
      attempt: order.run.attempt,
      ...(edited === undefined ? {} : { payloadEdited: true }),
      ...(error ? { error } : {}),
    });
    const kept = edited === undefined ? entry.edited : { payload: edited };
    const view = toEntry(changed.summary, report, changed.history, kept);
    return error ? { outcome: 'failed', error, entry: view } : { outcome: 'redriven', entry: view };
  }

  /** Closes the entry without running anything. @throws TerminalError 404 (`REA8021`), 409 (`REA8022`) */
  @Handler()
  async close(ctx: ObjectContext, { by, note, as }: Closing): Promise<DeadLetterEntry> {
    const entry = await this.open(ctx);
    const { summary, history } = await this.change(ctx, entry, { status: as }, { action: as, by, note });
    return toEntry(summary, entry.report, history, entry.edited);
  }

  /** Forgets the entry if it was closed before the given time; tells whether it did. */
  @Handler()
  async purge(ctx: ObjectContext, { by, olderThan }: Purging): Promise<boolean> {
    const summary = await ctx.get<DeadLetterSummary>('summary');
    if (summary === null || summary.status === 'open' || summary.updatedAt >= olderThan) return false;
    ctx.clearAll();
    await this.index.remove(ctx, summary);
    await run(ctx, 'publish', () => {
      this.events.publish('dead-letter-changed', () => ({ ...eventInfo(summary), action: 'purged', by }));
    });
    return true;
  }

  private async stored(ctx: ObjectSharedContext): Promise<Stored> {
    const summary = await ctx.get<DeadLetterSummary>('summary');
    const report = await ctx.get<StoredReport>('report');
    const history = await ctx.get<StoredHistory>('history');
    if (summary === null || report === null || history === null) throw unknownEntry(ctx.key);
    return { summary, report, history, edited: await ctx.get('edited') };
  }

  private async open(ctx: ObjectContext): Promise<Stored> {
    const entry = await this.stored(ctx);
    const { summary, history } = entry;
    if (summary.status !== 'open') throw notOpen(summary.id, summary.status, history.records.at(-1));
    return entry;
  }

  /** What a redrive has to run. @throws TerminalError when it cannot be run */
  private order({ summary, report }: Stored, edited: unknown): CompensationOrder {
    if (report.kind === 'forward') throw forwardStep(summary);
    if (report.compensation === null) throw inlineCompensation(summary);
    const compensation = this.registry.get(report.compensation);
    if (!compensation) throw unregistered(report.compensation, this.registry.names());
    if (edited === undefined && report.payloadWithheld) throw withheldPayload(summary.id, report.withheld ?? '');
    const payload = edited === undefined ? report.payload : edited;
    compensation.check(payload);
    return {
      compensation: report.compensation,
      payload,
      run: {
        idempotencyKey: report.idempotencyKey,
        attempt: summary.attempts + 1,
        saga: report.saga,
        step: report.step,
      },
    };
  }

  private async execute(ctx: ObjectContext, order: CompensationOrder): Promise<DeadLetterError | undefined> {
    try {
      await this.calls.call(ctx, RUNNER, 'run', undefined, order);
      return undefined;
    } catch (error) {
      // Anything else is a suspension or a lost connection, and no outcome.
      if (error instanceof TerminalError) return toError(error);
      throw error;
    }
  }

  /** Stores what was done, tells it, and brings the index up to date. */
  private async change(
    ctx: ObjectContext,
    entry: Stored,
    changes: Partial<Pick<DeadLetterSummary, 'status'>>,
    done: Omit<DeadLetterRecord, 'at'> & { readonly action: Exclude<DeadLetterRecord['action'], 'added'> },
  ): Promise<{ readonly summary: DeadLetterSummary; readonly history: StoredHistory }> {
    const at = await timeOf(ctx);
    const summary = {
      ...entry.summary,
      ...changes,
      ...(done.attempt === undefined ? {} : { attempts: done.attempt }),
      ...(done.error ? { error: toError(done.error, 'short') } : {}),
      updatedAt: at,
    };
    const history = record(entry.history, { at, ...done });
    ctx.set('history', history);
    ctx.set('summary', summary);
    await run(ctx, 'publish', () => {
      const { action, by } = done;
      this.events.publish('dead-letter-changed', () => ({ ...eventInfo(summary), action, by }));
    });
    await this.index.put(ctx, summary);
    return { summary, history };
  }
}

async function timeOf(ctx: ObjectContext): Promise<string> {
  return (await now(ctx)).toISOString();
}

import { Handler, now, ReaEvents, run, Shared, VirtualObject } from '@rea/core';
import { BuiltIn, Interruption } from '@rea/core/internal';
import { type ObjectContext, type ObjectSharedContext, TerminalError } from '@restatedev/restate-sdk';
import { JSON_FORMAT } from './json-format.js';
import type {
  DeadLetterEntry,
  DeadLetterSummary,
  RedriveOptions,
  RedriveResult,
  ResolveOptions,
} from './dead-letter-entry.js';
import { noSuchStep, notOpen, unknownEntry } from './dead-letter-failures.js';
import { DeadLetterIndex } from './dead-letter-index.js';
import { DeadLetterLog } from './dead-letter-log.service.js';
import { ENTRY } from './dead-letter-names.js';
import { eventInfo, firstSummary, newHistory, record, type StoredHistory } from './entry-state.js';
import { extended, NO_PROGRESS, remaining, stepsOf } from './entry-work.js';
import { Redriver } from './redriver.service.js';
import {
  afterStep,
  type EndedStep,
  type OperatorRecord,
  purged,
  settle,
  store,
  type Stored,
  type SummaryChanges,
  viewOf,
} from './stored-entry.js';
import type { StoredReport } from './stored-report.js';

/** Outlives every fault: the server's own policy may pause or kill. */
const UNTIL_STORED = {
  initialInterval: 500,
  exponentiationFactor: 2,
  maxInterval: 60_000,
  maxAttempts: 1_000_000_000,
  onMaxAttempts: 'pause',
} as const;

/** How an entry is closed without running anything. */
export interface Closing extends ResolveOptions {
  readonly as: 'resolved' | 'discarded';
}

/** What was not undone either. */
export interface Extension {
  /** As it was added; its steps are the further ones. */
  readonly report: StoredReport;
  /** Ids of entries that have to be closed before these steps are undone. */
  readonly after: readonly string[];
}

/** Which entry may be purged. */
export interface Purging {
  readonly by: string;
  /** Closed before this time. ISO 8601, UTC. */
  readonly olderThan: string;
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
    private readonly redriver: Redriver,
    private readonly index: DeadLetterIndex,
    private readonly events: ReaEvents,
    private readonly log: DeadLetterLog,
  ) {}

  /**
   * Stores a report, once: a second one of the same id changes nothing. It is tried again until it is stored, whatever
   * refuses it: as a message that had failed for good, the entry would be lost.
   */
  @Handler({ retryPolicy: UNTIL_STORED })
  async add(ctx: ObjectContext, report: StoredReport): Promise<void> {
    await this.keep(ctx, report, () => this.store(ctx, report));
  }

  private async store(ctx: ObjectContext, report: StoredReport): Promise<void> {
    if ((await ctx.get<DeadLetterSummary>('summary')) !== null) return;
    const summary = firstSummary(ctx.key, report, await timeOf(ctx));
    ctx.set('report', report);
    ctx.set('history', newHistory(summary, report.error));
    ctx.set('summary', summary);
    // In a run: journaled, so that a replay does not publish again.
    await run(ctx, 'publish', () => {
      this.events.publish('dead-letter-added', () => ({ ...eventInfo(summary), error: summary.error }));
      this.log.added(summary, report);
    });
    this.index.add(ctx, summary);
  }

  /**
   * Adds steps that were not undone either. An entry that was closed meanwhile is opened again. Tried again as
   * {@link add}.
   */
  @Handler({ retryPolicy: UNTIL_STORED })
  async extend(ctx: ObjectContext, extension: Extension): Promise<void> {
    await this.keep(ctx, extension.report, () => this.storeExtension(ctx, extension));
  }

  /** Does it, also when it is cancelled meanwhile; a failure for good is one that is tried again. */
  private async keep(ctx: ObjectContext, report: StoredReport, work: () => Promise<void>): Promise<void> {
    try {
      await (Interruption.of(ctx)?.shielded(work) ?? work());
      this.log.stored(report.id);
    } catch (error) {
      this.log.notStored(report.id, report, error);
      if (!(error instanceof TerminalError)) throw error;
      throw new Error(`The dead letter ${JSON.stringify(report.id)} could not be stored: ${error.message}`, {
        cause: error,
      });
    }
  }

  private async storeExtension(ctx: ObjectContext, { report, after }: Extension): Promise<void> {
    const at = await timeOf(ctx);
    const { summary, report: before, history } = (await this.find(ctx)) ?? purged(ctx.key, report, at);
    const { tries, settled } = history.progress ?? NO_PROGRESS;
    const isClosed = summary.status !== 'open';
    const progress = { tries, settled: isClosed ? stepsOf(before).map(({ index }) => index) : settled, after };
    const by = `${summary.service}/${summary.handler}`;
    const changed: DeadLetterSummary = { ...summary, status: 'open', updatedAt: at };
    ctx.set('report', extended(before, report));
    ctx.set('history', record({ ...history, progress }, { at, by, action: 'extended' }));
    ctx.set('summary', changed);
    await run(ctx, 'publish', () => {
      this.events.publish('dead-letter-changed', () => ({ ...eventInfo(changed), action: 'extended', by }));
      this.log.extended(
        changed,
        report.undone.map(({ step }) => step),
      );
    });
    this.index.add(ctx, changed);
  }

  /** Everything about the entry. @throws TerminalError (404, `REA8021`) */
  @Shared()
  async get(ctx: ObjectSharedContext): Promise<DeadLetterEntry> {
    return viewOf(await this.stored(ctx));
  }

  /** Whether nothing is left to do, once the verbs that were asked for before are done. */
  @Handler()
  async isClosed(ctx: ObjectContext): Promise<boolean> {
    return (await ctx.get<DeadLetterSummary>('summary'))?.status !== 'open';
  }

  /**
   * Runs the compensations of what is left, in order, up to the first that fails. What it has done is stored step by step,
   * so whatever ends it, the next redrive goes on from there.
   *
   * @throws TerminalError when nothing was run: 400 (`REA8004`, `REA8066`), 404 (`REA8021`), 409 (`REA8022`, `REA8065`),
   *   422 (`REA8023` to `REA8026`)
   */
  @Handler()
  async redrive(ctx: ObjectContext, options: RedriveOptions): Promise<RedriveResult> {
    let entry = await this.open(ctx);
    const left = remaining(entry.report, entry.history.progress ?? NO_PROGRESS);
    const edited = this.redriver.edited(entry.summary.id, left, options);
    for (const [nth, step] of left.entries()) {
      const ending = await this.redriver.run(ctx, entry, step, edited, left);
      if (step.index === 0 && edited.has(0) && ending.attempt !== undefined) {
        entry = { ...entry, edited: { payload: edited.get(0) } };
        ctx.set('edited', entry.edited);
      }
      const payloadEdited = edited.has(step.index);
      const isLast = left[nth + 1] === undefined;
      entry = await this.noteStep(ctx, entry, {
        ...ending,
        step,
        by: options.by,
        note: options.note,
        payloadEdited,
        isLast,
      });
      const { error } = ending;
      if (error) return { outcome: 'failed', error, entry: viewOf(entry) };
    }
    return { outcome: 'redriven', entry: viewOf(entry) };
  }

  /**
   * Closes the entry, or settles one step of it, without running anything.
   *
   * @throws TerminalError 400 (`REA8066`), 404 (`REA8021`), 409 (`REA8022`)
   */
  @Handler()
  async close(ctx: ObjectContext, { by, note, as, step: name }: Closing): Promise<DeadLetterEntry> {
    const entry = await this.open(ctx);
    const { progress = NO_PROGRESS } = entry.history;
    const left = remaining(entry.report, progress);
    if (name === undefined) return viewOf(await this.change(ctx, entry, { status: as }, { action: as, by, note }));
    const step = left.find((each) => each.step === name);
    if (!step)
      throw noSuchStep(
        entry.summary.id,
        name,
        left.map((each) => each.step),
      );
    const isLast = left.length === 1;
    const settled = settle(entry, step, progress.tries);
    const done = { action: isLast ? as : ('step-resolved' as const), by, note, step: name };
    return viewOf(await this.change(ctx, settled, isLast ? { status: as } : {}, done));
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

  private async find(ctx: ObjectSharedContext): Promise<Stored | undefined> {
    const summary = await ctx.get<DeadLetterSummary>('summary');
    const report = await ctx.get<StoredReport>('report');
    const history = await ctx.get<StoredHistory>('history');
    if (summary === null || report === null || history === null) return undefined;
    return { summary, report, history, edited: await ctx.get('edited') };
  }

  private async stored(ctx: ObjectSharedContext): Promise<Stored> {
    const entry = await this.find(ctx);
    if (!entry) throw unknownEntry(ctx.key);
    return entry;
  }

  private async open(ctx: ObjectContext): Promise<Stored> {
    const entry = await this.stored(ctx);
    const { summary, history } = entry;
    if (summary.status !== 'open') throw notOpen(summary.id, summary.status, history.records.at(-1));
    return entry;
  }

  /** Stores how a step ended; the entry is closed with the last one. */
  private async noteStep(ctx: ObjectContext, entry: Stored, ended: EndedStep): Promise<Stored> {
    const { worked, changes, done } = afterStep(entry, ended);
    if (ended.error || ended.isLast) return this.change(ctx, worked, changes, done);
    return store(ctx, worked, changes, done, await timeOf(ctx));
  }

  /** Stores what was done, publishes it, and brings the index up to date. */
  private async change(
    ctx: ObjectContext,
    entry: Stored,
    changes: SummaryChanges,
    done: OperatorRecord,
  ): Promise<Stored> {
    const changed = store(ctx, entry, changes, done, await timeOf(ctx));
    const { summary } = changed;
    await run(ctx, 'publish', () => {
      const { action, by } = done;
      this.events.publish('dead-letter-changed', () => ({ ...eventInfo(summary), action, by }));
    });
    await this.index.put(ctx, summary);
    return changed;
  }
}

async function timeOf(ctx: ObjectContext): Promise<string> {
  return (await now(ctx)).toISOString();
}

import { Inject, Injectable } from '@nestjs/common';
import { REA_OPTIONS, type ReaModuleOptions } from '@rea/core';
import { limitsOf } from '@rea/core/internal';
import type { Context } from '@restatedev/restate-sdk';
import { ComponentCalls } from './component-calls.js';
import type { DeadLetterReport } from './dead-letter.types.js';
import type { Extension } from './dead-letter.object.js';
import { ENTRY } from './dead-letter-names.js';
import { storable } from './stored-report.js';

/** Where sagas leave what they could not undo. */
@Injectable()
export class DeadLetterQueue {
  constructor(
    private readonly calls: ComponentCalls,
    @Inject(REA_OPTIONS) private readonly options: ReaModuleOptions,
  ) {}

  /**
   * Sends a report to its entry: one journaled, one-way message, so it is sent once however often the saga is replayed,
   * and arrives even when the saga ends at once. A second report of the same id changes nothing.
   *
   * It never refuses: payloads that are too large for the journal are left out, and the entry says so.
   *
   * @param ctx of any kind, guarded or the SDK's own
   */
  add(ctx: Context, report: DeadLetterReport): void {
    this.calls.send(ctx, ENTRY, 'add', report.id, storable(report, limitsOf(this.options).maxBytes));
  }

  /**
   * Adds to an entry what was not undone either, in the order in which it has to be undone. An entry that was closed
   * meanwhile is opened again.
   *
   * @param report as it was added; its `notUndone` are the further steps
   * @param after ids of entries that have to be closed before these steps are undone
   */
  extend(ctx: Context, report: DeadLetterReport, after: readonly string[] = []): void {
    const extension: Extension = { report: storable(report, limitsOf(this.options).maxBytes), after };
    this.calls.send(ctx, ENTRY, 'extend', report.id, extension);
  }
}

import { type Context, RestatePromise, type Serde } from '@restatedev/restate-sdk';
import { ROLLBACK_ENTRY } from '@rea/core/internal';
import { JSON_FORMAT } from '../dead-letters/json-format.js';

/** The signal that carries a {@link CancelNote}. It is sent right before the cancellation, so it is there with it. */
export const CANCEL_SIGNAL = ROLLBACK_ENTRY;

/** What whoever cancels an invocation tells the saga in it. */
export interface CancelNote {
  readonly reason?: string;
  /** The invocation that was killed, and of which the cancelled one is a restarted copy. */
  readonly origin?: string;
}

/**
 * Reads the note of a cancellation that has arrived; empty when it came without one.
 *
 * @param entry name of the journal entry, with which the rollback begins
 */
export async function readCancelNote(ctx: Context, entry: string): Promise<CancelNote> {
  const note = ctx.signal(CANCEL_SIGNAL, JSON_FORMAT as Serde<CancelNote>).map((value) => value ?? {});
  // The timer is over after every signal that was sent before.
  return RestatePromise.race([note, ctx.sleep(0, entry).map((): CancelNote => ({}))]);
}

import { attemptOf } from '@rea/core/internal';
import { type Context, InvocationIdParser } from '@restatedev/restate-sdk';
import { JSON_FORMAT } from '../dead-letters/json-format.js';
import { CANCEL_SIGNAL, type CancelNote } from '../saga/cancel-note.js';

/** Cancels an invocation durably. The saga in it finds the note with the cancellation, since it is sent before. */
export function sendCancel(ctx: Context, invocationId: string, note: CancelNote = {}): void {
  const target = (attemptOf(ctx)?.ctx ?? ctx).invocation(InvocationIdParser.fromString(invocationId));
  if (Object.keys(note).length > 0) target.signal(CANCEL_SIGNAL, JSON_FORMAT).resolve(note);
  target.cancel();
}

import { PauseError, RetryableError, TerminalError } from '@restatedev/restate-sdk';
import { ERROR_METADATA } from '../invocation/error-mapping.js';
import { withCauses } from './causes.js';
import { errorOf, readThrown, withFramesOf } from './thrown.js';

/** A run of an invocation. */
export interface TriedRun {
  readonly invocationId: string;
  /** Empty for a run without one. */
  readonly name: string;
  /** The SDK's handle of its result: the same on each replay, and of no other run of the invocation. */
  handle: number | undefined;
  /** Tries in all, when they are limited. */
  readonly limit: number | undefined;
}

/** Failed tries of runs that have not ended, by run. A run that moves to another process is counted anew there. */
const failures = new Map<string, number>();

/** A bound on memory: runs of invocations that were killed, or that other processes go on with, are never heard of again. */
const MOST_RUNS = 1_000;

/** One try of a run has succeeded. */
export function forgetTries(run: TriedRun): void {
  if (failures.size > 0) failures.delete(keyOf(run));
}

/**
 * What leaves a run for what its closure has thrown: an error that says which run failed on which try, and why, with all
 * causes; its status decides as before. The journal keeps no more of an error than its message.
 *
 * A terminal error keeps its message, which its author wrote for the caller. Its causes, if it has any, are in its
 * metadata, `rea.causes`.
 *
 * @param toTerminal what is terminal of what was thrown
 * @param isLast whether another try is out of the question
 */
export function leavingRun(
  thrown: unknown,
  run: TriedRun,
  toTerminal: (error: unknown) => TerminalError | undefined,
  isLast: () => boolean,
): Error {
  const terminal = toTerminal(thrown);
  if (terminal) {
    forgetTries(run);
    return withCausesNoted(terminal, run);
  }
  const text = `${nameOf(run)} failed on try ${countTry(run)}: ${withCauses(thrown)}`;
  if (isLast()) {
    forgetTries(run);
    return new TerminalError(text, { errorCode: 500 });
  }
  return retryable(errorOf(thrown), text);
}

/** An error of the kind that the SDK tells apart, with another message. Without its cause: loggers print that, secrets and all. */
function retryable(thrown: Error, text: string): Error {
  const error = ofKind(thrown, text);
  error.name = thrown.name;
  return withFramesOf(thrown, error);
}

function ofKind(thrown: Error, text: string): Error {
  if (thrown instanceof PauseError) return new PauseError(text);
  if (!(thrown instanceof RetryableError)) return new Error(text);
  const { retryAfter } = thrown;
  return new RetryableError(text, retryAfter === undefined ? {} : { retryAfter });
}

function withCausesNoted(error: TerminalError, run: TriedRun): TerminalError {
  const cause = readThrown(error, 'cause');
  if (cause === undefined || cause === null) return error;
  const noted = new TerminalError(error.message, {
    errorCode: error.code,
    metadata: { ...error.metadata, [ERROR_METADATA.run]: run.name, [ERROR_METADATA.causes]: withCauses(cause) },
  });
  noted.cause = cause;
  return withFramesOf(error, noted);
}

function nameOf({ name }: TriedRun): string {
  return name === '' ? 'A run without a name' : `Run ${JSON.stringify(name)}`;
}

/** Gives the number of the try that has failed: `2`, or `2 of 3`. */
function countTry(run: TriedRun): string {
  const key = keyOf(run);
  const count = (failures.get(key) ?? 0) + 1;
  failures.delete(key);
  const [oldest] = failures.keys();
  if (failures.size >= MOST_RUNS && oldest !== undefined) failures.delete(oldest);
  if (run.limit === undefined || count < run.limit) failures.set(key, count);
  return run.limit === undefined ? `${count}` : `${count} of ${run.limit}`;
}

function keyOf({ invocationId, handle }: TriedRun): string {
  return `${invocationId}/${handle}`;
}

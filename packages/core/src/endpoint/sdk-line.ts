import { inspect } from 'node:util';
import { type LoggerTransport, TerminalError } from '@restatedev/restate-sdk';
import { withCauses } from '../failures/causes.js';
import { errorOf, isA } from '../failures/thrown.js';

/** A line that the SDK wants to be logged. */
export interface SdkLine {
  readonly level: 'error' | 'warn' | 'log' | 'debug';
  /** Logged by a handler, with `ctx.console`. */
  readonly isHandlers: boolean;
  readonly parts: readonly unknown[];
}

type LogMetadata = Parameters<LoggerTransport>[0];

/** The SDK asks for no signature validation once per handler it makes, in these words; said once, it is a line of ours. */
const UNSIGNED = 'Accepting requests without validating request signatures';

/** From here on a terminal error is a failure of the service's own, as in HTTP. */
const SERVER_ERROR = 500;

/**
 * What is to be logged; undefined for a line that was logged by an earlier attempt, or that says nothing.
 *
 * What handlers log with `ctx.console` keeps its level. The SDK's own bookkeeping (an invocation starts, suspends, ends) is
 * at debug, and so is a terminal error below 500: it is the invocation's answer, which its caller gets. One from 500 on,
 * such as that of a run whose tries are used up, is an error. An error that is retried is a warning.
 */
export function sdkLine({ level, replaying, source }: LogMetadata, parts: readonly unknown[]): SdkLine | undefined {
  if (replaying || (typeof parts[0] === 'string' && parts[0].startsWith(UNSIGNED))) return undefined;
  const isHandlers = (source as string) === 'USER';
  if (isHandlers) return { level: levelOf(level, 'log'), isHandlers, parts };
  const answer = parts.find((part) => isA(part, TerminalError));
  if (!answer) return { level: levelOf(level, 'debug'), isHandlers, parts };
  return { level: answer.code >= SERVER_ERROR ? 'error' : 'debug', isHandlers, parts };
}

/** Whether a line is the SDK's own and below a warning: at debug, if it is logged. */
export function isBookkeeping({ level, source }: LogMetadata): boolean {
  return (source as string) !== 'USER' && levelOf(level, 'debug') === 'debug';
}

function levelOf(level: string, info: 'log' | 'debug'): SdkLine['level'] {
  if (level === 'error' || level === 'warn') return level;
  return level === 'info' ? info : 'debug';
}

/** A part of a line as text: as JSON, if it has one. Never throws: a line that is logged must not fail a handler. */
export function asText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (isA(value, Error)) return withStack(errorOf(value));
  return json(value) ?? inspect(value, { breakLength: Infinity, customInspect: false });
}

/** Causes are not in a stack; an error that has left a run has them in its message. */
function withStack(error: Error): string {
  const stack = error.stack ?? error.message;
  const all = withCauses(error);
  const isComplete =
    error.cause == null ? !isA(error, AggregateError) : error.message.includes(withCauses(error.cause));
  return isComplete ? stack : `${stack}\n${all}`;
}

function json(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined; // a BigInt, a cycle
  }
}

import { Logger, type LogLevel } from '@nestjs/common';
import { type LoggerTransport, TerminalError } from '@restatedev/restate-sdk';

type Level = Extract<LogLevel, 'error' | 'warn' | 'log' | 'debug'>;

/** The SDK asks for no signature validation once per handler it makes, in these words; said once, it is a line of ours. */
const UNSIGNED = 'Accepting requests without validating request signatures';

/**
 * Sends the SDK's lines through the application's logger. What handlers log with `ctx.console` keeps its level and is
 * silent on replay. The SDK's own bookkeeping (an invocation starts, suspends, ends) is at debug, and so is a terminal
 * error: it is the invocation's answer, which its caller gets. An error that is retried is a warning.
 */
export function sdkLogger(): LoggerTransport {
  const sdk = new Logger('Restate SDK');
  const handlers = new Logger('Handler');
  return ({ level, replaying, source, context }, message: unknown, ...rest: unknown[]) => {
    if (replaying) return;
    const ownLine = (source as string) === 'USER';
    // Two of them for each attempt.
    if (!ownLine && (level as string) === 'info' && !Logger.isLevelEnabled('debug')) return;
    const shownAt = ownLine ? levelOf(level, 'log') : rest.some(isAnswer) ? 'debug' : levelOf(level, 'debug');
    if (!Logger.isLevelEnabled(shownAt)) return;
    if (typeof message === 'string' && message.startsWith(UNSIGNED)) return;
    const text = [message, ...rest].map(asText).join(' ').trimEnd();
    const line = context ? `[${context.invocationTarget}][${context.invocationId}] ${text}` : text;
    (ownLine ? handlers : sdk)[shownAt](line);
  };
}

function levelOf(level: string, info: 'log' | 'debug'): Level {
  if (level === 'error' || level === 'warn') return level;
  return level === 'info' ? info : 'debug';
}

function isAnswer(value: unknown): boolean {
  return value instanceof TerminalError;
}

function asText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value instanceof Error) return value.stack ?? value.message;
  return JSON.stringify(value) ?? String(value);
}

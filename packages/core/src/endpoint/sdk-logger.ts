import { Logger } from '@nestjs/common';
import { type LoggerTransport, TerminalError } from '@restatedev/restate-sdk';

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
    if (replaying || (typeof message === 'string' && message.startsWith(UNSIGNED))) return;
    const ownLine = (source as string) === 'USER';
    const logger = ownLine ? handlers : sdk;
    const text = [message, ...rest].map(asText).join(' ').trimEnd();
    const line = context ? `[${context.invocationTarget}][${context.invocationId}] ${text}` : text;
    const isAnswer = !ownLine && rest.some((value) => value instanceof TerminalError);
    switch (isAnswer ? 'debug' : (level as string)) {
      case 'error':
        return logger.error(line);
      case 'warn':
        return logger.warn(line);
      case 'info':
        return ownLine ? logger.log(line) : logger.debug(line);
      default:
        return logger.debug(line);
    }
  };
}

function asText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value instanceof Error) return value.stack ?? value.message;
  return JSON.stringify(value) ?? String(value);
}

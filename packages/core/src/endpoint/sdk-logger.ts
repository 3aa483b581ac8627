import { Logger } from '@nestjs/common';
import type { LoggerTransport } from '@restatedev/restate-sdk';
import { asText, isBookkeeping, sdkLine } from './sdk-line.js';

/** Sends the SDK's lines through the application's logger, at the levels of {@link sdkLine}. */
export function sdkLogger(): LoggerTransport {
  const sdk = new Logger('Restate SDK');
  const handlers = new Logger('Handler');
  return (metadata, ...parts: unknown[]) => {
    // Two lines of each attempt: an SDK line has to cost nothing where it is not shown.
    if (isBookkeeping(metadata) && !Logger.isLevelEnabled('debug')) return;
    const line = sdkLine(metadata, parts);
    if (!line || !Logger.isLevelEnabled(line.level)) return;
    const { context } = metadata;
    const text = parts.map(asText).join(' ').trimEnd();
    (line.isHandlers ? handlers : sdk)[line.level](
      context ? `[${context.invocationTarget}][${context.invocationId}] ${text}` : text,
    );
  };
}

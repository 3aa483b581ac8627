import type { HooksProvider, Request } from '@restatedev/restate-sdk';
import type { ReaEvents } from '../events/rea-events.js';
import { Attempt, withScope } from './attempt.js';
import { asTerminalError } from './error-mapping.js';
import type { HandlerScope } from './handler-scope.js';
import { outcomeOf } from './outcome.js';

const IS_PROCESSING = Symbol.for('@restatedev/restate-sdk/hooks.isProcessing');

/**
 * The innermost SDK hook of a handler: opens the ambient scope for the handler and for each run closure, maps Nest
 * exceptions before any outer hook counts them, and publishes how the attempt ended.
 */
export function attemptHook(handler: HandlerScope, events: ReaEvents): HooksProvider {
  return (hookContext) => {
    const { request } = hookContext;
    const attempt = new Attempt(handler, request);
    const info = {
      invocationId: request.id,
      service: handler.component,
      handler: request.target.handler,
      key: request.target.key,
    };
    return {
      interceptor: {
        handler: (next) =>
          withScope({ attempt }, async () => {
            const startedAt = performance.now();
            events.publish('attempt-started', () => ({ ...info, replaying: isReplaying(hookContext) }));
            const ended = (error?: unknown) => {
              attempt.active = false;
              events.publish('attempt-ended', () => {
                const outcome = error === undefined ? 'completed' : outcomeOf(error, request);
                const durationMs = performance.now() - startedAt;
                const failure = error instanceof Error && outcome !== 'suspended' ? { error } : {};
                return { ...info, outcome, durationMs, ...failure };
              });
            };
            try {
              await next();
            } catch (error) {
              const mapped = asTerminalError(error) ?? error;
              ended(mapped);
              throw mapped;
            }
            ended();
          }),
        run: (name, next) => withScope({ attempt, closed: `the run "${name}"` }, next),
      },
    };
  };
}

/** The SDK marks its hook context with a function under a well-known symbol; false while it replays the journal. */
function isReplaying(hookContext: { request: Request }): boolean {
  const isProcessing: unknown = Reflect.get(hookContext, IS_PROCESSING);
  return typeof isProcessing === 'function' && !isProcessing();
}

import type { HooksProvider } from '@restatedev/restate-sdk';
import type { ReaEvents } from '../events/rea-events.js';
import { Attempt, enterScope, type Scope } from './attempt.js';
import { asTerminalError } from './error-mapping.js';
import type { HandlerScope } from './handler-scope.js';
import { outcomeOf } from './outcome.js';

type HookContext = Parameters<HooksProvider>[0];

const NOTHING = Promise.resolve();

const IS_PROCESSING = Symbol.for('@restatedev/restate-sdk/hooks.isProcessing');

/**
 * The innermost SDK hook of a handler: opens the ambient scope for the handler and for each run closure, maps Nest
 * exceptions before any outer hook counts them, and publishes how the attempt ended.
 */
export function attemptHook(handler: HandlerScope, events: ReaEvents): HooksProvider {
  return (hookContext) => {
    const attempt = new Attempt(handler, hookContext.request);
    return {
      interceptor: {
        handler: (next) => {
          enterScope({ attempt, inMethod: false });
          return observed(attempt, hookContext, events, next);
        },
        run: (name, next) => runInScope({ attempt, closed: `the run "${name}"` }, next),
      },
    };
  };
}

/** Opens a scope in a task of its own, which ends it: the SDK's code that calls this is not in it. */
async function runInScope(scope: Scope, next: () => Promise<void>): Promise<void> {
  await NOTHING;
  enterScope(scope);
  if (scope.attempt.beforeRun) await scope.attempt.beforeRun();
  await next();
}

async function observed(
  attempt: Attempt,
  hookContext: HookContext,
  events: ReaEvents,
  next: () => Promise<void>,
): Promise<void> {
  const startedAt = performance.now();
  if (events.isObserved) {
    events.publish('attempt-started', () => ({ ...infoOf(attempt), replaying: isReplaying(hookContext) }));
  }
  try {
    await next();
  } catch (error) {
    const mapped = asTerminalError(error) ?? error;
    attempt.active = false;
    events.publish('attempt-ended', () => {
      const outcome = outcomeOf(mapped, attempt.request);
      const failure = mapped instanceof Error && outcome !== 'suspended' ? { error: mapped } : {};
      return { ...infoOf(attempt), outcome, durationMs: performance.now() - startedAt, ...failure };
    });
    throw mapped;
  }
  attempt.active = false;
  if (events.isObserved) {
    events.publish('attempt-ended', () => ({
      ...infoOf(attempt),
      outcome: 'completed',
      durationMs: performance.now() - startedAt,
    }));
  }
}

function infoOf({ handler, request }: Attempt) {
  return {
    invocationId: request.id,
    service: handler.component,
    handler: request.target.handler,
    key: request.target.key,
  };
}

/** The SDK marks its hook context with a function under a well-known symbol; false while it replays the journal. */
function isReplaying(hookContext: HookContext): boolean {
  const isProcessing: unknown = Reflect.get(hookContext, IS_PROCESSING);
  return typeof isProcessing === 'function' && !isProcessing();
}

import type { HooksProvider } from '@restatedev/restate-sdk';
import { Attempt, type Scope, withScope } from './attempt.js';
import { AttemptTeller } from './attempt-teller.js';
import { asTerminalError } from './error-mapping.js';
import type { HandlerScope } from './handler-scope.js';
import type { InvocationStarts } from './invocation-starts.js';
import { observedRun } from './observed-run.js';
import { outcomeOf, outcomeOfReturn } from './outcome.js';

type HookContext = Parameters<HooksProvider>[0];

const IS_PROCESSING = Symbol.for('@restatedev/restate-sdk/hooks.isProcessing');

/**
 * The innermost SDK hook of a handler: opens the ambient scope for the handler and for each run closure, maps Nest
 * exceptions before any outer hook counts them, and publishes how attempt and runs ended.
 */
export function attemptHook(handler: HandlerScope, starts: InvocationStarts): HooksProvider {
  const teller = new AttemptTeller(handler, starts);
  return (hookContext) => {
    const attempt = new Attempt(handler, hookContext.request);
    return {
      interceptor: {
        handler: (next) => withScope({ attempt, inMethod: false }, () => observed(attempt, hookContext, teller, next)),
        run: (name, next) => {
          const scope: Scope = { attempt, closed: `the run "${name}"`, tries: name };
          return withScope(scope, () => observedRun(scope, name, next));
        },
      },
    };
  };
}

async function observed(
  attempt: Attempt,
  hookContext: HookContext,
  teller: AttemptTeller,
  next: () => Promise<void>,
): Promise<void> {
  const startedAt = performance.now();
  attempt.replays = isReplaying(hookContext);
  teller.started(attempt);
  try {
    await next();
  } catch (error) {
    const mapped = asTerminalError(error) ?? error;
    attempt.end(outcomeOf(mapped, attempt.request));
    teller.ended(attempt, performance.now() - startedAt, mapped);
    throw mapped;
  }
  attempt.end(outcomeOfReturn(attempt.request));
  teller.ended(attempt, performance.now() - startedAt);
}

/** The SDK marks its hook context with a function under a well-known symbol; false while it replays the journal. */
function isReplaying(hookContext: HookContext): boolean {
  const isProcessing: unknown = Reflect.get(hookContext, IS_PROCESSING);
  return typeof isProcessing === 'function' && !isProcessing();
}

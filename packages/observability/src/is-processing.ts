import type { HooksProvider } from '@restatedev/restate-sdk';

type HookContext = Parameters<HooksProvider>[0];

const IS_PROCESSING = Symbol.for('@restatedev/restate-sdk/hooks.isProcessing');

/**
 * The hook's context for a hook that keeps it: once the attempt has ended, `release` lets go of what the attempt holds.
 * What a library's closures refer to may otherwise live until the next full collection.
 *
 * @param request what the hook is to take for the attempt's request
 */
export function releasable(
  hookContext: HookContext,
  request: HookContext['request'],
): { readonly lent: HookContext; readonly release: () => void } {
  let asked: (() => boolean) | undefined = isProcessing(hookContext);
  const lent = { request };
  Object.defineProperty(lent, IS_PROCESSING, { value: () => asked?.() ?? true });
  const release = () => {
    asked = undefined;
  };
  return { lent, release };
}

/** What tells whether an attempt does something new: false while it replays its journal. */
export function isProcessing(hookContext: HookContext): () => boolean {
  return Reflect.get(hookContext, IS_PROCESSING) as () => boolean;
}

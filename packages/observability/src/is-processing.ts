import type { HooksProvider } from '@restatedev/restate-sdk';

const IS_PROCESSING = Symbol.for('@restatedev/restate-sdk/hooks.isProcessing');

/** What tells whether an attempt does something new: false while it replays its journal. */
export function isProcessing(hookContext: Parameters<HooksProvider>[0]): () => boolean {
  return Reflect.get(hookContext, IS_PROCESSING) as () => boolean;
}

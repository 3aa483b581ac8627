import { given } from '@rea/core/internal';

/** Options over their defaults. One that is `undefined`, as configuration may give it, hides no default. */
export function withDefaults<T extends object>(
  defaults: T,
  options: { readonly [K in keyof T]?: T[K] | undefined } | undefined,
): T {
  return { ...defaults, ...given(options ?? {}) };
}

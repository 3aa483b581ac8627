import type { ReaModuleOptions } from '@rea/core';

/** A malformed `Idempotency-Key` is its client's mistake, everywhere. */
export const POLICY: NonNullable<ReaModuleOptions['policy']> = { rules: { 'weak-key': 'strict' } };

import type { Context } from '@restatedev/restate-sdk';
import { Section } from '@rea/core/internal';
import type { Saga } from './saga.js';

/** What the block of a saga starts. */
export class SagaSection extends Section {
  /** Set when its saga begins. */
  saga: Saga | undefined;

  constructor(
    /** The SDK's context that the saga runs on. */
    readonly raw: Context,
  ) {
    super();
  }
}

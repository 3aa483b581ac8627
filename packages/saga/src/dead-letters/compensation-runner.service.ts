import { Inject, Optional } from '@nestjs/common';
import { Handler, Service } from '@rea/core';
import { BUILT_IN_OVERRIDES, BuiltIn } from '@rea/core/internal';
import { type Context, type Serde, serde } from '@restatedev/restate-sdk';
import type { CompensationRun } from '../compensations/compensation.decorator.js';
import { CompensationRegistry } from '../compensations/compensation-registry.js';
import { DEAD_LETTER_OPTIONS, type DeadLetterOptions } from './dead-letter.options.js';
import { unregistered } from './dead-letter-failures.js';
import { RUNNER } from './dead-letter-names.js';

/** What a redrive has run. */
export interface CompensationOrder {
  readonly compensation: string;
  readonly payload: unknown;
  readonly run: CompensationRun;
}

/** A compensation that goes on failing ends, so that its redrive can say how. */
const RETRY = {
  initialInterval: 100,
  exponentiationFactor: 2,
  maxInterval: 10_000,
  maxAttempts: 10,
  onMaxAttempts: 'kill',
} as const;

/**
 * Runs a compensation for a redrive, in an invocation of its own: it gets the context of a service, not that of the
 * entry, and when it fails for good, also by being killed, the entry is told and can note it.
 *
 * An ordinary error is tried 10 times over about 30 s, then the redrive has failed. `deadLetters.redriveRetry` of
 * `SagaModule` changes that.
 */
@BuiltIn({ runsUserCode: true })
@Service({ name: RUNNER, ingressPrivate: true, description: 'Runs compensations for redrives of dead letters.' })
export class CompensationRunner {
  constructor(
    private readonly registry: CompensationRegistry,
    @Optional() @Inject(DEAD_LETTER_OPTIONS) private readonly options: DeadLetterOptions | undefined,
  ) {}

  [BUILT_IN_OVERRIDES]() {
    const retryPolicy = { ...RETRY, ...this.options?.redriveRetry };
    return { handlers: { run: { retryPolicy } } };
  }

  /** @throws TerminalError what the compensation throws as terminal */
  @Handler({ input: serde.json as Serde<CompensationOrder> })
  async run(ctx: Context, { compensation, payload, run }: CompensationOrder): Promise<void> {
    const registered = this.registry.get(compensation);
    if (!registered) throw unregistered(compensation, this.registry.names());
    await registered.run(ctx, payload, run);
  }
}

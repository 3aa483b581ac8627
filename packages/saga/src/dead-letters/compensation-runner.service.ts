import { Handler, Service } from '@rea/core';
import { type Context, type Serde, serde } from '@restatedev/restate-sdk';
import type { CompensationRun } from '../compensations/compensation.decorator.js';
import { CompensationRegistry } from '../compensations/compensation-registry.js';
import { unregistered } from './dead-letter-failures.js';
import { RUNNER } from './dead-letter-names.js';

/** What a redrive has run. */
export interface CompensationOrder {
  readonly compensation: string;
  readonly payload: unknown;
  readonly run: CompensationRun;
}

/**
 * Runs a compensation for a redrive, in an invocation of its own: it gets the context of a service, not that of the
 * entry, and when it fails for good, also by being killed, the entry is told and can note it.
 *
 * An ordinary error is tried 10 times over about 30 s, then the redrive has failed. Change that with
 * `ReaModule.forRoot({ components: { 'rea.CompensationRunner': { handlers: { run: { retryPolicy } } } } })`.
 */
@Service({ name: RUNNER, ingressPrivate: true, description: 'Runs compensations for redrives of dead letters.' })
export class CompensationRunner {
  constructor(private readonly registry: CompensationRegistry) {}

  /** @throws TerminalError what the compensation throws as terminal */
  @Handler({
    input: serde.json as Serde<CompensationOrder>,
    retryPolicy: {
      initialInterval: 100,
      exponentiationFactor: 2,
      maxInterval: 10_000,
      maxAttempts: 10,
      onMaxAttempts: 'kill',
    },
  })
  async run(ctx: Context, { compensation, payload, run }: CompensationOrder): Promise<void> {
    const registered = this.registry.get(compensation);
    if (!registered) throw unregistered(compensation, this.registry.names());
    await registered.run(ctx, payload, run);
  }
}

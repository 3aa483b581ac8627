import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { PolicyService } from '@rea/core';
import { toMillis } from '@rea/core/internal';
import type { Duration } from '@restatedev/restate-sdk';
import { notInjected } from '../saga-handler.decorator.js';
import { SagaHandlerCatalog, type SagaHandlerEntry } from './saga-handler-catalog.service.js';

/** Tells, before the endpoint opens, what in the declarations of handlers does not go well with sagas. */
@Injectable()
export class SagaStartChecks implements OnApplicationBootstrap {
  private readonly logger = new Logger('Rea');

  constructor(
    private readonly catalog: SagaHandlerCatalog,
    private readonly policy: PolicyService,
  ) {}

  /** @throws PolicyViolationError when the policy refuses `saga-kill-policy`; SagaStartError for a handler without its sagas */
  async onApplicationBootstrap(): Promise<void> {
    for (const entry of await this.catalog.all()) {
      if (entry.lacksSagas) throw notInjected(entry.place);
      this.checkKill(entry);
      this.checkLock(entry);
      this.checkRetention(entry);
    }
  }

  private checkKill({ component, handler, place, options }: SagaHandlerEntry): void {
    if (options.retryPolicy.onMaxAttempts !== 'kill') return;
    this.policy.report('saga-kill-policy', {
      place: `${component}/${handler}`,
      what: `The retry policy of ${place} has onMaxAttempts: 'kill'`,
    });
  }

  private checkLock({ isExclusive, place }: SagaHandlerEntry): void {
    if (!isExclusive) return;
    this.logger.warn(
      `REA8054: ${place} is an exclusive object handler with sagas: while a rollback waits to try a compensation again, by default up to 5 minutes, all other calls of that object wait too. Run the saga in a service or a workflow that calls the object, or let compensations give up sooner: retry: { maxAttempts, maxInterval }.`,
    );
  }

  private checkRetention({ place, options }: SagaHandlerEntry): void {
    const retention = options['journalRetention'] as Duration | number | undefined;
    if (retention === undefined || toMillis(retention) > 0) return;
    this.logger.warn(
      `REA8055: ${place} has sagas and journalRetention: 0, so it cannot be told whether one was killed, and none can be rolled back. Retain the journal for an hour at least.`,
    );
  }
}

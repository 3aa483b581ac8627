import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { PolicyService } from '@rea/core';
import { type SagaHandlerDescription, SagaHandlers } from './saga-handlers.js';

/** Looks, when the application starts, for handlers in which sagas would not do what their authors expect. */
@Injectable()
export class SagaStartChecks implements OnApplicationBootstrap {
  private readonly logger = new Logger('Rea');

  constructor(
    private readonly handlers: SagaHandlers,
    private readonly policy: PolicyService,
  ) {}

  /** @throws PolicyViolationError when the policy refuses what was found */
  async onApplicationBootstrap(): Promise<void> {
    for (const found of await this.handlers.find()) {
      if (isKilled(found)) {
        this.policy.report('saga-kill-policy', { place: placeOf(found), what: "The retry policy ends with 'kill'" });
      }
      if (found.component.kind === 'object' && found.handler.kind === 'handler') {
        this.logger.warn(
          `${placeOf(found)} may run sagas in an exclusive object handler: a rollback holds the object's lock, also while it waits between the tries of a compensation (by default up to 31 s for each). Run the saga in a workflow or a service if others must not wait.`,
        );
      }
    }
  }
}

/** A handler's own policy wins over its component's. */
function isKilled({ component, handler }: SagaHandlerDescription): boolean {
  const policies = [handler.options['retryPolicy'], component.options['retryPolicy']];
  const [policy] = policies.filter((one) => (one as RetryPolicy | undefined)?.onMaxAttempts !== undefined);
  return (policy as RetryPolicy | undefined)?.onMaxAttempts === 'kill';
}

interface RetryPolicy {
  readonly onMaxAttempts?: string;
}

function placeOf({ component, handler }: SagaHandlerDescription): string {
  return `${component.className}.${handler.method}`;
}

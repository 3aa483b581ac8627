import { DURATION_CURE, durationProblem } from '../durable/duration.js';
import { checkDurationOption } from '../duration-option.js';
import type { ComponentModel } from '../discovery/component.model.js';
import { DiscoveryError } from '../discovery/discovery.error.js';
import { placeOf } from '../invocation/handler-scope.js';
import type { ReaModuleOptions } from '../rea.options.js';
import { componentOptions, deadlineInForce, handlerOptions } from './merged-options.js';

const DURATIONS = [
  'inactivityTimeout',
  'abortTimeout',
  'journalRetention',
  'idempotencyRetention',
  'workflowRetention',
] as const;

/** Options of a component or a handler, as far as they may hold durations. */
type WithDurations = Partial<Record<(typeof DURATIONS)[number], unknown>> & {
  readonly retryPolicy?: { readonly initialInterval?: unknown; readonly maxInterval?: unknown } | undefined;
};

/**
 * Checks the durations among a component's options in force.
 *
 * @throws ReaOptionsError naming the option, the component and the handler; DiscoveryError (`REA1022`) for a deadline
 */
export function checkDurations(component: ComponentModel, options: ReaModuleOptions): void {
  check(component.declaration.name, componentOptions(component, options));
  for (const handler of component.handlers) {
    const place = placeOf(component, handler);
    check(place, handlerOptions(component, handler, options));
    const deadline = deadlineInForce(component, handler, options);
    const problem = deadline === undefined ? undefined : durationProblem(deadline);
    if (problem !== undefined) {
      throw new DiscoveryError('REA1022', `${place} has a deadline that ${problem}.`, DURATION_CURE);
    }
  }
}

function check(place: string, options: WithDurations): void {
  for (const name of DURATIONS) checkDurationOption(`${name} of ${place}`, options[name]);
  checkDurationOption(`retryPolicy.initialInterval of ${place}`, options.retryPolicy?.initialInterval);
  checkDurationOption(`retryPolicy.maxInterval of ${place}`, options.retryPolicy?.maxInterval);
}

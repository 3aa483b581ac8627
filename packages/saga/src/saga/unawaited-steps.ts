import {
  attemptOf,
  type Interruption,
  refuseUnawaited,
  reportUnawaited,
  type Section,
  untilNoneWaits,
} from '@rea/core/internal';
import type { SagaScope } from './saga-scope.js';
import type { StepUnit, Unit } from './saga-unit.js';

/** A saga within the saga. */
interface Nested {
  readonly openName: string | undefined;
}

/**
 * Lets the guardrail fire on what the block of a saga has started and not awaited, as it returns.
 *
 * @throws PolicyViolationError when it is refused
 */
export function refuseUnawaitedOf({ ctx }: SagaScope, section: Section, units: readonly Unit<Nested>[]): void {
  const attempt = attemptOf(ctx);
  if (!attempt) return;
  if (units.some(isOpen)) {
    const mode = attempt.handler.policy.modeOf('unawaited');
    const open = mode === 'disabled' ? [] : openUnits(units);
    reportUnawaited(
      attempt,
      open.map((what) => ({ what, mode })),
    );
  }
  refuseUnawaited(attempt, (part) => section.contains(part.section));
}

/**
 * What the block of a saga has started and not awaited goes no further: what was done is being undone. Runs and calls that
 * such code waits for are let end; other waits of it are given up.
 */
export async function closeSection(
  { ctx, raw }: SagaScope,
  section: Section,
  interruption: Interruption,
): Promise<void> {
  const attempt = attemptOf(ctx);
  if (attempt) attempt.hasClosed = section.isClosed = true;
  await untilNoneWaits(raw, section, (handle) => interruption.isWork(handle));
}

function isOpen(unit: Unit<Nested>): boolean {
  if (unit.kind === 'nested') return unit.saga.openName !== undefined;
  return unit.kind === 'group' ? unit.units.some(isUnderWay) : isUnderWay(unit);
}

function isUnderWay({ state }: Pick<StepUnit, 'state'>): boolean {
  return state === 'running' || state === 'waiting';
}

function openUnits(units: readonly Unit<Nested>[]): string[] {
  return units.flatMap((unit) => {
    if (unit.kind === 'nested') {
      const name = unit.saga.openName;
      return name === undefined ? [] : [`the nested saga "${name}"`];
    }
    const steps = unit.kind === 'group' ? unit.units : [unit];
    return steps.filter(isUnderWay).map(({ entry }) => `the step "${entry.name}"`);
  });
}

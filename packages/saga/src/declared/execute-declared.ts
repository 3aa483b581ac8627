import type { Context } from '@restatedev/restate-sdk';
import { compensateWith } from '../compensations/compensate-with.js';
import type { Saga, StepOptions } from '../saga/saga.js';
import type { Step } from '../saga/step.types.js';
import { compensationNameOf } from './declared-saga.decorator.js';
import { type StepDeclaration, stepsOf } from './saga-step.decorator.js';

type Method = (this: object, ctx: Context, input: unknown, results: object) => Promise<unknown>;

/** Runs the steps of a declared saga in their order; gives their results by name. */
export async function executeDeclared(
  ctx: Context,
  saga: Saga,
  name: string,
  instance: object,
  input: unknown,
): Promise<Record<string, unknown>> {
  const results: Record<string, unknown> = {};
  const toStep = ({ method, undo, retry }: StepDeclaration): Step<unknown> & StepOptions => {
    const action = () => (instance as Record<string, Method>)[method]!.call(instance, ctx, input, { ...results });
    const options = retry ? { retry } : {};
    if (undo === undefined) return { ...options, action, irreversible: true };
    const compensation = compensationNameOf(name, undo);
    return { ...options, action, compensate: (outcome) => compensateWith(compensation, { input, outcome }) };
  };
  for (const stage of stagesOf(stepsOf(Object.getPrototypeOf(instance) as object))) {
    const [first] = stage;
    if (stage.length > 1) {
      Object.assign(results, await saga.parallel(Object.fromEntries(stage.map((step) => [step.method, toStep(step)]))));
    } else if (first) {
      results[first.method] = await saga[first.pivot ? 'pivot' : 'step'](first.method, toStep(first));
    }
  }
  return results;
}

/** Steps that are started together, in order: neighbours of one group, or one step. */
export function stagesOf(steps: readonly StepDeclaration[]): StepDeclaration[][] {
  const stages: StepDeclaration[][] = [];
  for (const step of steps) {
    const latest = stages.at(-1);
    if (latest && step.group !== undefined && latest[0]?.group === step.group) latest.push(step);
    else stages.push([step]);
  }
  return stages;
}

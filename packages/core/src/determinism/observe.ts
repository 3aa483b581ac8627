import { currentScope, type Scope, withScope } from '../invocation/attempt.js';
import { findUse } from './call-site.js';

/** Per policy, thus per application: the uses that it knows. */
const reported = new WeakMap<object, Set<string>>();

/**
 * Called by each watched function before it does its work. Outside a handler's method this is a look into the ambient
 * scope and two comparisons.
 *
 * @param name as the report names it: `Date.now()`
 * @param watched the function itself; what calls it is to blame
 * @throws PolicyViolationError when the policy refuses it.
 */
export function observe(name: string, watched: Callable): void {
  const scope = currentScope();
  if (scope === undefined || scope.inMethod !== true) return;
  inspect(scope, name, watched);
}

/** Any function: only its place on the stack matters. */
export type Callable = (...args: never[]) => unknown;

function inspect({ attempt }: Scope, name: string, watched: Callable): void {
  if (!attempt.active) return;
  const { policy } = attempt.handler;
  const mode = policy.modeOf('determinism');
  if (mode === 'disabled') return;
  const use = findUse(watched);
  if (!use) return;
  if (mode !== 'strict' && !isNew(policy, use.library ? `${use.library} at ${use.place}` : `${name} at ${use.place}`)) {
    return;
  }
  const through = use.library ? ` through ${use.library}` : '';
  // What listens to or logs the report is not the handler's method.
  withScope({ attempt }, () => attempt.report('determinism', `${name}${through} at ${use.place}`));
}

function isNew(policy: object, use: string): boolean {
  let known = reported.get(policy);
  if (!known) reported.set(policy, (known = new Set()));
  return known.size < known.add(use).size;
}

import 'reflect-metadata';
import { checkDecoratedMethod } from '@rea/core/internal';
import type { ReaEventMap, ReaEventType } from '@rea/core';

const HOOKS = Symbol.for('@rea/observability.hooks');

/** A method that is called with the payload of an event. */
export type HookMethod<T extends ReaEventType> = (payload: ReaEventMap[T]) => void | Promise<void>;

/** One decorated method, as written. */
export interface HookDeclaration {
  readonly method: string;
  readonly type: ReaEventType;
}

/**
 * Calls this method of a provider or controller with each event of a type: what an invocation, a saga, a workflow, a state
 * or a guardrail does.
 *
 * It runs beside the invocation, not in it: from a queue of its own, one event after the other, in their order. It may be
 * async, slow or fail; no invocation ever waits for it or learns of it. Beyond 10,000 waiting events further ones are
 * dropped and counted. It is told once per event and process, and never of what a process could not tell before it died:
 * for work that must not get lost, send a message from the handler instead.
 *
 * @example
 * ```ts
 * @OnReaEvent('saga-ended')
 * async tell({ saga, status, key }: ReaEventMap['saga-ended']) {
 *   if (status === 'incomplete') await this.chat.post(`Saga ${saga} of ${key} could not be undone.`);
 * }
 * ```
 */
export function OnReaEvent<T extends ReaEventType>(
  type: T,
): <M extends HookMethod<T>>(target: object, method: string, descriptor: TypedPropertyDescriptor<M>) => void {
  return (target, method, descriptor) => {
    checkDecoratedMethod('@OnReaEvent', target, method, descriptor);
    const own: HookDeclaration[] = Reflect.getOwnMetadata(HOOKS, target) ?? [];
    Reflect.defineMetadata(HOOKS, [...own, { method, type }], target);
  };
}

/** The hooks of a class, inherited ones included, unless a subclass's method of that name has hooks of its own. */
export function hooksOf(prototype: object): HookDeclaration[] {
  const found = new Map<string, HookDeclaration[]>();
  for (let proto: object | null = prototype; proto; proto = Object.getPrototypeOf(proto)) {
    const own: HookDeclaration[] = Reflect.getOwnMetadata(HOOKS, proto) ?? [];
    const byMethod = Map.groupBy(own, ({ method }) => method);
    for (const [method, declarations] of byMethod) if (!found.has(method)) found.set(method, declarations);
  }
  return [...found.values()].flat();
}

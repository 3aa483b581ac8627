import type { HandlerKind } from './component-declaration.js';

/** The decorator of each kind of handler, for messages. */
export const HANDLER_DECORATORS: Record<HandlerKind, string> = {
  handler: '@Handler',
  shared: '@Shared',
  run: '@WorkflowRun',
  signal: '@WorkflowSignal',
  query: '@WorkflowQuery',
};

/** Nest calls methods of these names itself, when the application starts and stops. */
const LIFECYCLE_HOOKS: readonly string[] = [
  'onModuleInit',
  'onApplicationBootstrap',
  'onModuleDestroy',
  'beforeApplicationShutdown',
  'onApplicationShutdown',
];

/** Why a method of this name cannot be a handler; undefined when it can. */
export function methodNameProblem(method: string): string | undefined {
  return LIFECYCLE_HOOKS.includes(method)
    ? 'which Nest calls itself when the application starts or stops'
    : clientNameProblem(method);
}

/** Why a client cannot call a handler by this name; undefined when it can. */
export function clientNameProblem(name: string): string | undefined {
  if (name === 'toJSON') return 'which JSON.stringify() calls';
  return name in Object.prototype ? 'which every object has' : undefined;
}

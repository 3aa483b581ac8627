import type { Duration, HooksProvider } from '@restatedev/restate-sdk';
import type { ComponentModel, HandlerModel } from '../discovery/component.model.js';
import type { ComponentOverrides, WorkflowOptions } from '../decorators/component.options.js';
import { retentionOptions } from '../workflow/retention.js';
import type { ReaModuleOptions } from '../rea.options.js';

/** A component's options in force: the module's defaults, its decorator, its overrides by configuration. */
export function componentOptions(component: ComponentModel, options: ReaModuleOptions) {
  const { name: _name, plane: _plane, ...declared } = component.declaration.options;
  const { handlers: _handlers, ...overrides } = overridesOf(component, options);
  return merge(sdkOptions(options.defaults ?? {}), merge(sdkOptions(declared), sdkOptions(overrides)));
}

/** A workflow's retention in force, by the same order. */
export function retentionInForce(component: ComponentModel, options: ReaModuleOptions): WorkflowOptions['retention'] {
  const { retention } = component.declaration.options;
  return overridesOf(component, options).retention ?? retention ?? options.defaults?.retention;
}

function overridesOf({ declaration }: ComponentModel, options: ReaModuleOptions): ComponentOverrides {
  return options.components?.[declaration.name] ?? {};
}

/** What the SDK knows of a layer of options: a retention is its `workflowRetention` there. */
function sdkOptions<T extends Pick<WorkflowOptions, 'retention' | 'status'>>({
  retention,
  status: _status,
  ...rest
}: T) {
  return { ...retentionOptions(retention), ...rest };
}

/** A handler's own options in force: its decorator, its overrides by configuration. Its component's apply below them. */
export function handlerOptions({ declaration }: ComponentModel, handler: HandlerModel, options: ReaModuleOptions) {
  const { input: _input, output: _output, name: _name, ...declared } = handler.declaration.options;
  const overrides = options.components?.[declaration.name]?.handlers?.[handler.declaration.name] ?? {};
  return merge(declared, overrides);
}

/** A handler's deadline in force: its own, else its component's. */
export function deadlineInForce(
  component: ComponentModel,
  handler: HandlerModel,
  options: ReaModuleOptions,
): Duration | number | undefined {
  return handlerOptions(component, handler, options).deadline ?? componentOptions(component, options).deadline;
}

/** Later options win; hooks add up, since an override must not silence a hook. */
function merge<A extends { hooks?: HooksProvider[] }, B extends { hooks?: HooksProvider[] }>(base: A, over: B): A & B {
  const hooks = [...(base.hooks ?? []), ...(over.hooks ?? [])];
  return { ...base, ...over, ...(hooks.length > 0 ? { hooks } : {}) };
}

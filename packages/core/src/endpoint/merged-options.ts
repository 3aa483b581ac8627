import type { Duration, HooksProvider } from '@restatedev/restate-sdk';
import type { ComponentModel, HandlerModel } from '../discovery/component.model.js';
import type { ComponentOverrides, WorkflowOptions } from '../decorators/component.options.js';
import { builtInOptions, builtInOverrides } from '../decorators/built-in.decorator.js';
import { retentionOptions } from '../workflow/retention.js';
import type { ReaModuleOptions } from '../rea.options.js';

type Defaults = NonNullable<ReaModuleOptions['defaults']>;

/** A component's options in force: the module's defaults, its decorator, its overrides by configuration. */
export function componentOptions(component: ComponentModel, options: ReaModuleOptions) {
  const { name: _name, plane: _plane, ...declared } = component.declaration.options;
  const { handlers: _handlers, ...overrides } = overridesOf(component, options);
  return merge(sdkOptions(defaultsFor(component, options)), merge(sdkOptions(declared), sdkOptions(overrides)));
}

/** A workflow's retention in force, by the same order. */
export function retentionInForce(component: ComponentModel, options: ReaModuleOptions): WorkflowOptions['retention'] {
  const { retention } = component.declaration.options;
  return overridesOf(component, options).retention ?? retention ?? defaultsFor(component, options).retention;
}

/** The module's defaults: for the application's components, not for the built-in ones. */
function defaultsFor({ type }: ComponentModel, { defaults = {} }: ReaModuleOptions): Defaults {
  return builtInOptions(type) ? {} : defaults;
}

function overridesOf({ type, provider, declaration }: ComponentModel, options: ReaModuleOptions): ComponentOverrides {
  if (builtInOptions(type)) return builtInOverrides(provider.instance);
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
export function handlerOptions(component: ComponentModel, handler: HandlerModel, options: ReaModuleOptions) {
  const { input: _input, output: _output, name: _name, ...declared } = handler.declaration.options;
  const overrides = overridesOf(component, options).handlers?.[handler.declaration.name] ?? {};
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

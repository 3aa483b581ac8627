import type { HooksProvider } from '@restatedev/restate-sdk';
import type { ComponentModel, HandlerModel } from '../discovery/component.model.js';
import { retentionOptions } from '../workflow/retention.js';
import type { ReaModuleOptions } from '../rea.options.js';

/** A component's options in force: the module's defaults, its decorator, its overrides by configuration. */
export function componentOptions({ declaration }: ComponentModel, options: ReaModuleOptions) {
  const { name: _name, plane: _plane, status: _status, retention, ...declared } = declaration.options;
  const { handlers: _handlers, ...overrides } = options.components?.[declaration.name] ?? {};
  return merge(options.defaults ?? {}, merge({ ...retentionOptions(retention), ...declared }, overrides));
}

/** A handler's own options in force: its decorator, its overrides by configuration. Its component's apply below them. */
export function handlerOptions({ declaration }: ComponentModel, handler: HandlerModel, options: ReaModuleOptions) {
  const { input: _input, output: _output, name: _name, ...declared } = handler.declaration.options;
  const overrides = options.components?.[declaration.name]?.handlers?.[handler.declaration.name] ?? {};
  return merge(declared, overrides);
}

/** Later options win; hooks add up, since an override must not silence a hook. */
function merge<A extends { hooks?: HooksProvider[] }, B extends { hooks?: HooksProvider[] }>(base: A, over: B): A & B {
  const hooks = [...(base.hooks ?? []), ...(over.hooks ?? [])];
  return { ...base, ...over, ...(hooks.length > 0 ? { hooks } : {}) };
}

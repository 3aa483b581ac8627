import { Injectable } from '@nestjs/common';
import type { Serde } from '@restatedev/restate-sdk';
import type { ComponentModel } from '../discovery/component.model.js';
import { componentOptions, handlerOptions } from '../endpoint/merged-options.js';
import type { ReaModuleOptions } from '../rea.options.js';

/** The formats of a handler; undefined where that is JSON. */
export interface HandlerFormats {
  readonly input: Serde<unknown> | undefined;
  readonly output: Serde<unknown> | undefined;
}

/**
 * The formats in force of the components that the application serves: of their decorators, and of `components` and
 * `defaults`. A client's target alone does not say the latter.
 */
@Injectable()
export class ServedFormats {
  private readonly byComponent = new Map<string, ReadonlyMap<string, HandlerFormats>>();

  /** Remembers the components' formats, where any of them has a serde. */
  add(components: readonly ComponentModel[], options: ReaModuleOptions): void {
    for (const component of components) {
      const { serde } = componentOptions(component, options);
      const handlers = component.handlers.map((handler): [string, HandlerFormats, boolean] => {
        const own = handlerOptions(component, handler, options).serde ?? serde;
        const formats = { input: handler.input.serde ?? own, output: handler.output.serde ?? own };
        return [handler.declaration.name, formats, own !== undefined];
      });
      if (!handlers.some(([, , hasSerde]) => hasSerde)) continue;
      const byHandler = new Map(handlers.map(([name, formats]) => [name, formats]));
      this.byComponent.set(component.declaration.name, byHandler);
    }
  }

  /** Undefined for a component that is served elsewhere, and for one without a serde. @param handler its wire name */
  of(component: string, handler: string): HandlerFormats | undefined {
    return this.byComponent.get(component)?.get(handler);
  }
}

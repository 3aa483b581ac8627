import { Inject, Injectable } from '@nestjs/common';
import { qualify } from '../clients/namespace.js';
import { ComponentExplorer } from '../discovery/component-explorer.js';
import type { ComponentModel, HandlerModel, PayloadModel } from '../discovery/component.model.js';
import { planeOf } from '../discovery/plane.js';
import { componentOptions, handlerOptions } from '../endpoint/merged-options.js';
import { PolicyService } from '../policy/policy.service.js';
import type { Violation } from '../policy/policy.types.js';
import { REA_OPTIONS, type ReaModuleOptions } from '../rea.options.js';
import type { ComponentDescription, HandlerDescription } from './component-description.js';

/** What the application serves, and what its guardrails have found. */
export interface ReaIntrospection {
  readonly components: readonly ComponentDescription[];
  readonly findings: readonly Violation[];
}

/** Tells what Rea found in the container: for start-up checks, documentation and tools. */
@Injectable()
export class ReaExplorer {
  constructor(
    private readonly explorer: ComponentExplorer,
    private readonly policy: PolicyService,
    @Inject(REA_OPTIONS) private readonly options: ReaModuleOptions,
  ) {}

  /**
   * Every component with its handlers, planes and options.
   *
   * @throws DiscoveryError when the application could not start with what it has
   */
  async components(): Promise<ComponentDescription[]> {
    const components = await this.explorer.explore();
    return components.map((component) => this.describe(component));
  }

  /** Components and guardrail findings since the start, one finding per rule and place. */
  async introspect(): Promise<ReaIntrospection> {
    return { components: await this.components(), findings: this.policy.findings() };
  }

  private describe(component: ComponentModel): ComponentDescription {
    const { name, kind } = component.declaration;
    return {
      name: qualify(this.options, name),
      kind,
      className: component.type.name,
      module: component.provider.host?.name ?? '',
      handlers: component.handlers.map((handler) => this.describeHandler(component, handler)),
      options: plain(componentOptions(component, this.options)),
    };
  }

  private describeHandler(component: ComponentModel, handler: HandlerModel): HandlerDescription {
    const { name, method, kind } = handler.declaration;
    return {
      name,
      method,
      kind,
      plane: planeOf(component, kind),
      ...schemaOf('input', handler.input),
      ...schemaOf('output', handler.output),
      options: plain(handlerOptions(component, handler, this.options)),
    };
  }
}

function schemaOf(direction: 'input' | 'output', { serde }: PayloadModel): { input?: object; output?: object } {
  return serde?.jsonSchema ? { [direction]: serde.jsonSchema } : {};
}

/** Functions (hooks, error mappings) and serdes have no JSON form. */
function plain(options: object): Record<string, unknown> {
  const hidden = new Set(['hooks', 'asTerminalError', 'serde', 'input', 'output', 'name']);
  return Object.fromEntries(Object.entries(options).filter(([key, value]) => !hidden.has(key) && value !== undefined));
}

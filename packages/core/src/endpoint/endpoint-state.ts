import { Inject, Injectable } from '@nestjs/common';
import { ComponentExplorer } from '../discovery/component-explorer.js';
import { REA_OPTIONS, type ReaModuleOptions } from '../rea.options.js';

/**
 * What the endpoint is doing. `starting`: it is not open. `registering`: it is open, and the Restate server may not know
 * it yet. `ready`: its components can be called. `closed`: it drains, or has drained.
 */
export type EndpointPhase = 'starting' | 'registering' | 'ready' | 'closed';

/** How far this application's endpoint is, for clients that would otherwise wait for a handler that cannot run. */
@Injectable()
export class EndpointState {
  private current: EndpointPhase = 'starting';
  private own: ReadonlySet<string> | undefined;

  constructor(
    private readonly explorer: ComponentExplorer,
    @Inject(REA_OPTIONS) private readonly options: ReaModuleOptions,
  ) {}

  get phase(): EndpointPhase {
    return this.current;
  }

  /** An endpoint that has been closed stays so. */
  enter(phase: EndpointPhase): void {
    if (this.current !== 'closed') this.current = phase;
  }

  /** Whether this application serves the component. @param component its name, without the namespace */
  serves(component: string): boolean {
    if (this.options.endpoint === false) return false;
    this.own ??= this.explorer.names();
    return this.own.has(component);
  }
}

import { Injectable, RequestMethod } from '@nestjs/common';
import { ApplicationConfig } from '@nestjs/core';

/** Where this process serves the operators' endpoints, for messages. */
@Injectable()
export class OperatorRoutes {
  private path: string | undefined;

  constructor(private readonly config: ApplicationConfig) {}

  /** The endpoints are served below this path. */
  mount(path: string): void {
    this.path = path;
  }

  /** Where a `POST` works on a dead letter. Undefined where this process does not serve it. */
  deadLetter(id: string, verb: string): string | undefined {
    if (this.path === undefined) return undefined;
    const at = (entry: string) => [this.path, 'dead-letters', entry, verb].filter(Boolean).join('/');
    const prefix = this.isExcluded(`/${at(':id')}`) ? '' : this.config.getGlobalPrefix().replace(/^\/+|\/+$/g, '');
    return `/${[prefix, at(encodeURIComponent(id))].filter(Boolean).join('/')}`;
  }

  /** Whether a route is served without the application's global prefix, as Nest decides it. */
  private isExcluded(route: string): boolean {
    const { exclude = [] } = this.config.getGlobalPrefixOptions();
    return exclude.some(
      ({ requestMethod, pathRegex }) =>
        (requestMethod === RequestMethod.ALL || requestMethod === RequestMethod.POST) && pathRegex.test(route),
    );
  }
}

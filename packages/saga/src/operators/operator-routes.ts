import { Injectable } from '@nestjs/common';

/** Where this process serves the operators' endpoints, for messages. */
@Injectable()
export class OperatorRoutes {
  private path: string | undefined;

  /** The endpoints are served below this path. */
  mount(path: string): void {
    this.path = path;
  }

  /** Undefined where this process does not serve them. */
  get deadLetters(): string | undefined {
    return this.path === undefined ? undefined : `/${[this.path, 'dead-letters'].filter(Boolean).join('/')}`;
  }
}

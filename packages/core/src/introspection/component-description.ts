import type { ComponentKind, HandlerKind } from '../decorators/component-declaration.js';
import type { Plane } from '../decorators/component.options.js';

/** A component of the application, as plain JSON. */
export interface ComponentDescription {
  /** Name on the server, with the application's namespace. */
  readonly name: string;
  readonly kind: ComponentKind;
  /** The class that implements it, and the module that provides it. */
  readonly className: string;
  readonly module: string;
  readonly handlers: readonly HandlerDescription[];
  /** Options in force, merged from defaults, decorator and configuration. */
  readonly options: Readonly<Record<string, unknown>>;
}

/** A handler, as plain JSON. */
export interface HandlerDescription {
  readonly name: string;
  readonly method: string;
  readonly kind: HandlerKind;
  readonly plane: Plane;
  /** JSON Schema of the input and output, where the declared schema can tell it. */
  readonly input?: object;
  readonly output?: object;
  /** Options in force for this handler, without those of its component. */
  readonly options: Readonly<Record<string, unknown>>;
}

import type { Serde } from '@restatedev/restate-sdk';
import type { InstanceWrapper } from '@nestjs/core/injector/instance-wrapper.js';
import type { Class, ComponentDeclaration, HandlerDeclaration } from '../decorators/component-declaration.js';
import type { Validator } from '../validation/validator.js';

/** A component of the application: what its decorators say, and the provider that implements it. */
export interface ComponentModel {
  readonly declaration: ComponentDeclaration;
  readonly type: Class;
  readonly provider: InstanceWrapper;
  readonly handlers: readonly HandlerModel[];
}

/** A handler, with its schemas made into a serde (the wire) and a validator (the meaning). */
export interface HandlerModel {
  readonly declaration: HandlerDeclaration;
  readonly input: PayloadModel;
  readonly output: PayloadModel;
}

export interface PayloadModel {
  /** Undefined: the service's default serde, which is JSON unless configured. */
  readonly serde: Serde<unknown> | undefined;
  readonly validate: Validator | undefined;
}

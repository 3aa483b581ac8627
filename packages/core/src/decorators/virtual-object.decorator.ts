import { Injectable } from '@nestjs/common';
import { declareComponent } from './component-declaration.js';
import type { VirtualObjectOptions } from './component.options.js';
import type { AnyObjectContext, ComponentDecorator } from './handler-signature.js';

/**
 * Marks a class as a Restate virtual object: an ordinary Nest provider (this implies `@Injectable`) with durable state
 * per key. {@link Handler | @Handler} methods run one at a time per key; {@link Shared | @Shared} ones run beside them
 * and only read.
 *
 * The instance is shared by all keys: keep per-key data in state, not in fields.
 *
 * @param options the wire name (default: the class's name) and the SDK's object options
 */
export function VirtualObject(options?: VirtualObjectOptions): ComponentDecorator<AnyObjectContext, 'virtual object'> {
  return (target) => {
    Injectable()(target as never);
    declareComponent(target as never, 'object', options);
  };
}

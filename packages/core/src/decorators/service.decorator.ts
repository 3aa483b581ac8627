import { Injectable } from '@nestjs/common';
import type { Context } from '@restatedev/restate-sdk';
import { declareComponent } from './component-declaration.js';
import type { ServiceOptions } from './component.options.js';
import type { ComponentDecorator } from './handler-signature.js';

/**
 * Marks a class as a Restate service: an ordinary Nest provider (this implies `@Injectable`) whose
 * {@link Handler | @Handler} methods are durable, keyless handlers that run concurrently.
 *
 * @param options the wire name (default: the class's name) and the SDK's service options
 */
export function Service(options?: ServiceOptions): ComponentDecorator<Context, 'service'> {
  return (target) => {
    Injectable()(target as never);
    declareComponent(target as never, 'service', options);
  };
}

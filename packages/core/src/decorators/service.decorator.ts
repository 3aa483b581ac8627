import type { Context, HandlerDescriptor, ServiceDescriptor } from '@restatedev/restate-sdk';
import { componentDecorator } from './component-decorator.js';
import type { ServiceOptions } from './component.options.js';
import type { ComponentDecorator, ServiceContractDecorator } from './handler-signature.js';

/**
 * Marks a class as a Restate service: an ordinary Nest provider (this implies `@Injectable`) whose
 * {@link Handler | @Handler} methods are durable, keyless handlers that run concurrently.
 *
 * @param options the wire name (default: the class's name) and the SDK's service options
 */
export function Service(options?: ServiceOptions): ComponentDecorator<Context, 'service'>;
/**
 * Marks a class as the implementation of a contract made with the SDK's `iface`. The compiler checks that the class has
 * every handler with the right input and output; name and serdes are the contract's.
 */
export function Service<const P extends string, H extends Record<string, HandlerDescriptor>>(
  contract: ServiceDescriptor<P, H>,
  options?: Omit<ServiceOptions, 'name'>,
): ServiceContractDecorator<H>;
export function Service(
  first: ServiceOptions | ServiceDescriptor = {},
  options?: ServiceOptions,
): (target: never) => void {
  return componentDecorator('service', first, options);
}

import type { HandlerDescriptor, ObjectDescriptor } from '@restatedev/restate-sdk';
import { componentDecorator } from './component-decorator.js';
import type { VirtualObjectOptions } from './component.options.js';
import type { AnyObjectContext, ComponentDecorator, ObjectContractDecorator } from './handler-signature.js';

/**
 * Marks a class as a Restate virtual object: an ordinary Nest provider (this implies `@Injectable`) with durable state
 * per key. {@link Handler | @Handler} methods run one at a time per key; {@link Shared | @Shared} ones run beside them
 * and only read.
 *
 * The instance is shared by all keys: keep per-key data in state, not in fields.
 *
 * @param options the wire name (default: the class's name) and the SDK's object options
 */
export function VirtualObject(options?: VirtualObjectOptions): ComponentDecorator<AnyObjectContext, 'virtual object'>;
/**
 * Marks a class as the implementation of a contract made with the SDK's `iface`. The compiler checks that the class has
 * every handler with the right input and output; name and serdes are the contract's.
 */
export function VirtualObject<const P extends string, H extends Record<string, HandlerDescriptor>>(
  contract: ObjectDescriptor<P, H>,
  options?: Omit<VirtualObjectOptions, 'name'>,
): ObjectContractDecorator<H>;
export function VirtualObject(
  first: VirtualObjectOptions | ObjectDescriptor = {},
  options?: VirtualObjectOptions,
): (target: never) => void {
  return componentDecorator('object', first, options);
}

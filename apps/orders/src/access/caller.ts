import type { IncomingMessage } from 'node:http';

/** Who sends a request, by its API key. */
export interface Caller {
  readonly role: 'customer' | 'operator';
  /** Of a customer: the one whose orders and cart they are. Of an operator: for histories. */
  readonly name: string;
}

/** A request that a guard has let pass. */
export interface IdentifiedRequest extends IncomingMessage {
  caller?: Caller;
  readonly params?: Readonly<Record<string, string>>;
}

/** Operators act for everybody, customers for themselves. */
export function mayActFor({ role, name }: Caller, customer: string): boolean {
  return role === 'operator' || name === customer;
}

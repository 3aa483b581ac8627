import { Injectable } from '@nestjs/common';
import type { ClientTarget } from '@rea/core';
import { targetModel } from '@rea/core/internal';
import { createGenericClient, type IngressGenericClient } from './generic-client.js';
import { createIngressClient } from './ingress-client.js';
import type { IngressObjectClient, IngressServiceClient, IngressWorkflowClient } from './ingress-client.types.js';
import { IngressAwakeable } from './ingress-awakeable.js';
import { IngressConnections } from './ingress-connections.js';
import { IngressInvocation } from './ingress-invocation.js';
import type { IngressTransport } from './ingress-transport.js';

/** A decorated class, or a contract. */
type Target<T> = (abstract new (...args: never[]) => T) | (T & { readonly _kind: string });

/**
 * Ingress clients made on demand, where a target is not known when the class is written: tests, scripts, generic code;
 * and what has no target: invocations and awakeables by id. It uses the connection without a name: see
 * {@link connection}.
 */
@Injectable()
export class Ingress {
  private name: string | undefined;

  constructor(private readonly connections: IngressConnections) {}

  /** The same for one of `IngressModule`'s `connections`. @throws UnknownConnectionError when it has no such connection */
  connection(name: string): Ingress {
    this.connections.get(name);
    const named = new Ingress(this.connections);
    named.name = name;
    return named;
  }

  service<T>(target: Target<T>): IngressServiceClient<T> {
    return this.client(target) as unknown as IngressServiceClient<T>;
  }

  object<T>(target: Target<T>): IngressObjectClient<T> {
    return this.client(target) as unknown as IngressObjectClient<T>;
  }

  workflow<T>(target: Target<T>): IngressWorkflowClient<T> {
    return this.client(target) as unknown as IngressWorkflowClient<T>;
  }

  /** A client of a component that is known by its name only. Nothing of it is checked. */
  generic(component: string): IngressGenericClient {
    return createGenericClient(component, this.transport);
  }

  /** An invocation by its id, as `send` and `submit` give it: its result, and its end. @throws InvalidKeyException (400) when it can be no id */
  invocation<Output = unknown>(id: string): IngressInvocation<Output> {
    return new IngressInvocation<Output>(id, this.transport);
  }

  /** An awakeable by its id, as a handler has handed it out. */
  awakeable<T = unknown>(id: string): IngressAwakeable<T> {
    return new IngressAwakeable<T>(id, this.transport);
  }

  private get transport(): IngressTransport {
    return this.connections.get(this.name);
  }

  private client(target: unknown) {
    return createIngressClient(targetModel(target as ClientTarget), this.transport);
  }
}

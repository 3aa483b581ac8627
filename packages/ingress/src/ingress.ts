import { Injectable } from '@nestjs/common';
import type { ClientTarget } from '@rea/core';
import { targetModel } from '@rea/core/internal';
import { createIngressClient } from './ingress-client.js';
import type { IngressObjectClient, IngressServiceClient, IngressWorkflowClient } from './ingress-client.types.js';
import { IngressTransport } from './ingress-transport.js';

/** A decorated class, or a contract. */
type Target<T> = (abstract new (...args: never[]) => T) | (T & { readonly _kind: string });

/** Ingress clients made on demand, where a target is not known when the class is written: tests, scripts, generic code. */
@Injectable()
export class Ingress {
  constructor(private readonly transport: IngressTransport) {}

  service<T>(target: Target<T>): IngressServiceClient<T> {
    return this.client(target) as unknown as IngressServiceClient<T>;
  }

  object<T>(target: Target<T>): IngressObjectClient<T> {
    return this.client(target) as unknown as IngressObjectClient<T>;
  }

  workflow<T>(target: Target<T>): IngressWorkflowClient<T> {
    return this.client(target) as unknown as IngressWorkflowClient<T>;
  }

  private client(target: unknown) {
    return createIngressClient(targetModel(target as ClientTarget), this.transport);
  }
}

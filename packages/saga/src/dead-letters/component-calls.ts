import { Inject, Injectable } from '@nestjs/common';
import { REA_OPTIONS, type ReaModuleOptions } from '@rea/core';
import { attemptOf, qualify } from '@rea/core/internal';
import type { Context, GenericSend, InvocationPromise, Serde } from '@restatedev/restate-sdk';
import { JSON_FORMAT } from './json-format.js';

/** Durable calls between the components of the dead letters, which are known by name. */
@Injectable()
export class ComponentCalls {
  constructor(@Inject(REA_OPTIONS) private readonly options: ReaModuleOptions) {}

  /** @param key undefined for services */
  call<Out>(
    ctx: Context,
    service: string,
    method: string,
    key: string | undefined,
    parameter: unknown,
  ): InvocationPromise<Out> {
    return rawOf(ctx).genericCall<unknown, Out>({
      ...this.request(service, method, key, parameter),
      outputSerde: JSON_FORMAT as Serde<Out>,
    });
  }

  /** As {@link call}, one way. Messages of one object to another arrive in the order in which they were sent. */
  send(ctx: Context, service: string, method: string, key: string, parameter: unknown): void {
    rawOf(ctx).genericSend<unknown>(this.request(service, method, key, parameter));
  }

  private request(service: string, method: string, key: string | undefined, parameter: unknown): GenericSend<unknown> {
    return {
      service: qualify(this.options, service),
      method,
      ...(key === undefined ? {} : { key }),
      parameter,
      inputSerde: JSON_FORMAT,
    };
  }
}

/** The SDK's own context: what a handler's plane forbids does not apply to the framework's messages. */
function rawOf(ctx: Context): Context {
  return attemptOf(ctx)?.ctx ?? ctx;
}

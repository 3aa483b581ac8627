import { Inject, Injectable } from '@nestjs/common';
import { REA_OPTIONS, type ReaModuleOptions } from '@rea/core';
import { attemptOf, qualify } from '@rea/core/internal';
import type { Context, InvocationPromise, Serde } from '@restatedev/restate-sdk';
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
    const raw = attemptOf(ctx)?.ctx ?? ctx;
    return raw.genericCall<unknown, Out>({
      service: qualify(this.options.namespace, service),
      method,
      ...(key === undefined ? {} : { key }),
      parameter,
      inputSerde: JSON_FORMAT,
      outputSerde: JSON_FORMAT as Serde<Out>,
    });
  }
}

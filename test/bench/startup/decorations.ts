import { Injectable } from '@nestjs/common';
import { Handler, Service } from '@rea/core';
import type { Context } from '@restatedev/restate-sdk';
import type { Decoration } from './generate-classes.js';

type Method = (ctx: Context, input: string) => Promise<string>;

/** A plain provider. */
export const undecorated: Decoration = (type) => {
  Injectable()(type);
};

/** A component of Rea. */
export const withHandlers: Decoration = (type, methods) => {
  for (const method of methods) {
    const descriptor = Object.getOwnPropertyDescriptor(type.prototype, method) as TypedPropertyDescriptor<Method>;
    Handler()(type.prototype as object, method, descriptor);
  }
  Service()(type);
};

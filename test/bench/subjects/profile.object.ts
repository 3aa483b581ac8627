import { Handler, state, stateKey, VirtualObject } from '@rea/core';
import type { ObjectContext } from '@restatedev/restate-sdk';
import { FIELDS, stepResult } from '../workload.js';

const KEYS = FIELDS.map((field) => stateKey<string>(field));

@VirtualObject({ name: 'Profile' })
export class ProfileObject {
  @Handler()
  async state(ctx: ObjectContext, name: string): Promise<string> {
    for (const [index, key] of KEYS.entries()) {
      const field = state(ctx, key);
      await field.get();
      field.set(stepResult(index, name));
    }
    return String(KEYS.length);
  }
}

import { UseGuards, UseInterceptors } from '@nestjs/common';
import { Handler, VirtualObject } from '@rea/core';
import type { ObjectContext } from '@restatedev/restate-sdk';
import { AllowGuard } from './allow.guard.js';
import { PassInterceptor } from './pass.interceptor.js';
import { ProfileObject } from './profile.object.js';

/** The same state behind one guard and one interceptor. */
@VirtualObject({ name: 'Profile' })
@UseGuards(AllowGuard)
@UseInterceptors(PassInterceptor)
export class EnhancedProfileObject extends ProfileObject {
  @Handler()
  override state(ctx: ObjectContext, name: string): Promise<string> {
    return super.state(ctx, name);
  }
}

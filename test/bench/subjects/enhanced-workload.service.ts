import { UseGuards, UseInterceptors } from '@nestjs/common';
import { Handler, Service } from '@rea/core';
import type { Context } from '@restatedev/restate-sdk';
import { AllowGuard } from './allow.guard.js';
import { PassInterceptor } from './pass.interceptor.js';
import { WorkloadService } from './workload.service.js';

/** The same workload behind one guard and one interceptor. */
@Service({ name: 'Workload' })
@UseGuards(AllowGuard)
@UseInterceptors(PassInterceptor)
export class EnhancedWorkloadService extends WorkloadService {
  @Handler()
  override greet(ctx: Context, name: string): Promise<string> {
    return super.greet(ctx, name);
  }

  @Handler()
  override steps(ctx: Context, name: string): Promise<string> {
    return super.steps(ctx, name);
  }

  @Handler()
  override fan(ctx: Context, name: string): Promise<string> {
    return super.fan(ctx, name);
  }
}

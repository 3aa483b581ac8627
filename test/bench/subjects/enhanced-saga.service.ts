import { UseGuards, UseInterceptors } from '@nestjs/common';
import { Handler, Service } from '@rea/core';
import type { Context } from '@restatedev/restate-sdk';
import { AllowGuard } from './allow.guard.js';
import { PassInterceptor } from './pass.interceptor.js';
import { SagaService } from './saga.service.js';

/** The same saga behind one guard and one interceptor. */
@Service({ name: 'Saga' })
@UseGuards(AllowGuard)
@UseInterceptors(PassInterceptor)
export class EnhancedSagaService extends SagaService {
  @Handler()
  override saga(ctx: Context, name: string): Promise<string> {
    return super.saga(ctx, name);
  }

  @Handler()
  override rollback(ctx: Context, name: string): Promise<string> {
    return super.rollback(ctx, name);
  }
}

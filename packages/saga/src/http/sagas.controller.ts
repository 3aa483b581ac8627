import { Body, Controller, Get, Header, HttpCode, Param, Post, Query, Req, type Type, UseGuards } from '@nestjs/common';
import type { KilledRollback, KilledSaga, PausedSaga } from '../supervisor/saga-invocation.js';
import { SagaOperations, type SagaVerbOptions } from '../supervisor/saga-operations.js';
import { type Fields, fieldsOf, sagaListOptions } from './operator-input.js';
import type { MountedOperators } from './mounted-operators.js';

/** The endpoints over {@link SagaOperations}. What they are given is checked there. */
export function createSagasController({ path, guards, nameOf }: MountedOperators): Type<unknown> {
  @Controller(`${path}/sagas`)
  @UseGuards(...guards)
  class SagasController {
    constructor(private readonly operations: SagaOperations) {}

    @Get('killed')
    @Header('cache-control', 'no-store')
    async killed(@Query() query: Fields): Promise<{ readonly sagas: readonly KilledSaga[] }> {
      return { sagas: await this.operations.killed(sagaListOptions(query)) };
    }

    @Get('paused')
    @Header('cache-control', 'no-store')
    async paused(@Query() query: Fields): Promise<{ readonly sagas: readonly PausedSaga[] }> {
      return { sagas: await this.operations.paused(sagaListOptions(query)) };
    }

    @Post(':id/roll-back')
    @HttpCode(202)
    rollBack(@Param('id') id: string, @Body() body: unknown, @Req() request: unknown): Promise<KilledRollback> {
      return this.operations.rollBack(id, verbOf(request, body));
    }

    @Post(':id/cancel')
    @HttpCode(202)
    cancel(@Param('id') id: string, @Body() body: unknown, @Req() request: unknown): Promise<void> {
      return this.operations.cancel(id, verbOf(request, body));
    }

    @Post(':id/resume')
    @HttpCode(202)
    resume(@Param('id') id: string, @Body() body: unknown, @Req() request: unknown): Promise<void> {
      return this.operations.resume(id, { by: nameOf(request, body) });
    }
  }

  function verbOf(request: unknown, body: unknown): SagaVerbOptions {
    const { reason } = fieldsOf(body);
    return { by: nameOf(request, body), ...(reason === undefined ? {} : { reason: reason as string }) };
  }

  return SagasController;
}

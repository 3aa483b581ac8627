import { Body, Controller, Get, Param, Post } from '@nestjs/common';
import { SagaOperations } from '@rea/saga';

// #region controller
@Controller('sagas') // put your guard for operators here
export class SagasController {
  constructor(private readonly sagas: SagaOperations) {}

  @Get('killed')
  killed() {
    return this.sagas.killed();
  }

  @Post(':id/roll-back') // a killed one: what it has done is undone
  rollBack(@Param('id') id: string, @Body('by') by: string) {
    return this.sagas.rollBack(id, { by });
  }

  @Post(':id/cancel') // a live or paused one: it rolls back, and its report keeps the reason
  cancel(@Param('id') id: string, @Body() { by, reason }: { by: string; reason: string }) {
    return this.sagas.cancel(id, { by, reason });
  }

  @Post(':id/resume') // a paused one: it is tried again
  resume(@Param('id') id: string, @Body('by') by: string) {
    return this.sagas.resume(id, { by });
  }
}
// #endregion controller

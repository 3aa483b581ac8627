import { Body, Controller, Get, Param, Post, Query } from '@nestjs/common';
import { DeadLetters } from '@rea/saga';

// #region controller
@Controller('dead-letters') // put your guard for operators here: @UseGuards(OperatorsOnly)
export class DeadLettersController {
  constructor(private readonly deadLetters: DeadLetters) {}

  @Get()
  list(@Query('cursor') cursor?: string) {
    return this.deadLetters.list({ status: 'open', limit: 50, cursor });
  }

  @Get(':id')
  find(@Param('id') id: string) {
    return this.deadLetters.get(id); // payload, error, attempts, what was not undone, who did what
  }

  @Post(':id/redrive')
  redrive(@Param('id') id: string, @Body() { by, payload }: { by: string; payload?: unknown }) {
    return this.deadLetters.redrive(id, { by, ...(payload === undefined ? {} : { payload }) });
  }

  @Post(':id/resolve')
  resolve(@Param('id') id: string, @Body() { by, note }: { by: string; note: string }) {
    return this.deadLetters.resolve(id, { by, note }); // settled by hand
  }
}
// #endregion controller

import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { type DeadLetterEntry, type DeadLetterPage, DeadLetters, type RedriveResult } from '@rea/saga';
import { DeadLetterListQuery, OperatorDecision, Redrive } from './dead-letters.schemas.js';

/** Steps of orders that could not be taken back: look at them, run them again, or close them. */
@Controller('operators/dead-letters')
export class DeadLettersController {
  constructor(private readonly deadLetters: DeadLetters) {}

  @Get()
  list(@Query({ schema: DeadLetterListQuery }) query: DeadLetterListQuery): Promise<DeadLetterPage> {
    return this.deadLetters.list(query);
  }

  @Get(':id')
  find(@Param('id') id: string): Promise<DeadLetterEntry> {
    return this.deadLetters.get(id);
  }

  /** Runs the compensation again, with its payload as it is or as given. */
  @Post(':id/redrive')
  @HttpCode(200)
  redrive(@Param('id') id: string, @Body({ schema: Redrive }) redrive: Redrive): Promise<RedriveResult> {
    return this.deadLetters.redrive(id, redrive);
  }

  @Post(':id/resolve')
  @HttpCode(200)
  resolve(
    @Param('id') id: string,
    @Body({ schema: OperatorDecision }) decision: OperatorDecision,
  ): Promise<DeadLetterEntry> {
    return this.deadLetters.resolve(id, decision);
  }

  @Post(':id/discard')
  @HttpCode(200)
  discard(
    @Param('id') id: string,
    @Body({ schema: OperatorDecision }) decision: OperatorDecision,
  ): Promise<DeadLetterEntry> {
    return this.deadLetters.discard(id, decision);
  }
}

import { Body, Controller, Get, Header, HttpCode, Param, Post, Query, Req, type Type, UseGuards } from '@nestjs/common';
import type {
  DeadLetterEntry,
  DeadLetterPage,
  RedriveResult,
  ResolveOptions,
} from '../dead-letters/dead-letter-entry.js';
import { DeadLetters } from '../dead-letters/dead-letters.js';
import { deadLetterQuery, type Fields, fieldsOf } from './operator-input.js';
import type { MountedOperators } from './mounted-operators.js';

/** The endpoints over {@link DeadLetters}. What they are given is checked there. */
export function createDeadLettersController({ path, guards, nameOf }: MountedOperators): Type<unknown> {
  @Controller(`${path}/dead-letters`)
  @UseGuards(...guards)
  class DeadLettersController {
    constructor(private readonly deadLetters: DeadLetters) {}

    @Get()
    @Header('cache-control', 'no-store')
    list(@Query() query: Fields): Promise<DeadLetterPage> {
      return this.deadLetters.list(deadLetterQuery(query));
    }

    @Get('count')
    @Header('cache-control', 'no-store')
    async count(@Query() query: Fields): Promise<{ readonly count: number }> {
      const { limit: _limit, cursor: _cursor, ...filter } = deadLetterQuery(query);
      return { count: await this.deadLetters.count(filter) };
    }

    @Get(':id')
    @Header('cache-control', 'no-store')
    find(@Param('id') id: string): Promise<DeadLetterEntry> {
      return this.deadLetters.get(id);
    }

    @Get(':id/history')
    @Header('cache-control', 'no-store')
    async history(@Param('id') id: string): Promise<Pick<DeadLetterEntry, 'history' | 'forgottenRecords'>> {
      const { history, forgottenRecords } = await this.deadLetters.get(id);
      return { history, forgottenRecords };
    }

    @Post(':id/redrive')
    @HttpCode(200)
    redrive(@Param('id') id: string, @Body() body: unknown, @Req() request: unknown): Promise<RedriveResult> {
      const { payload, payloads, note } = fieldsOf(body);
      const by = nameOf(request, body);
      return this.deadLetters.redrive(id, {
        by,
        ...(note === undefined ? {} : { note: note as string }),
        ...(payload === undefined ? {} : { payload }),
        ...(payloads === undefined ? {} : { payloads: payloads as Fields }),
      });
    }

    @Post(':id/resolve')
    @HttpCode(200)
    resolve(@Param('id') id: string, @Body() body: unknown, @Req() request: unknown): Promise<DeadLetterEntry> {
      return this.deadLetters.resolve(id, closingOf(request, body));
    }

    @Post(':id/discard')
    @HttpCode(200)
    discard(@Param('id') id: string, @Body() body: unknown, @Req() request: unknown): Promise<DeadLetterEntry> {
      return this.deadLetters.discard(id, closingOf(request, body));
    }
  }

  function closingOf(request: unknown, body: unknown): ResolveOptions {
    const { note, step } = fieldsOf(body);
    return {
      by: nameOf(request, body),
      note: note as string,
      ...(step === undefined ? {} : { step: step as string }),
    };
  }

  return DeadLettersController;
}

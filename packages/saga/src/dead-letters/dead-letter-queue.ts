import { Injectable } from '@nestjs/common';
import type { Context } from '@restatedev/restate-sdk';
import type { DeadLetterReport } from './dead-letter.types.js';

@Injectable()
export class DeadLetterQueue {
  readonly added: DeadLetterReport[] = [];
  add(_ctx: Context, report: DeadLetterReport): void {
    this.added.push(report);
  }
}

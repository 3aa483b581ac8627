import { Injectable } from '@nestjs/common';
import type { ReaEventMap } from '@rea/core';
import { OnReaEvent } from '@rea/observability';

/** Notes the pauses that it is told. */
@Injectable()
export class Pager {
  readonly told: ReaEventMap['invocation-paused'][] = [];

  @OnReaEvent('invocation-paused')
  page(pause: ReaEventMap['invocation-paused']): void {
    this.told.push(pause);
  }
}

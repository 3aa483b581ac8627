// #region hook
import { Injectable } from '@nestjs/common';
import type { ReaEventMap } from '@rea/core';
import { OnReaEvent } from '@rea/observability';

@Injectable()
export class Alerts {
  readonly posted: string[] = [];

  @OnReaEvent('saga-ended')
  async incomplete({ saga, status, key }: ReaEventMap['saga-ended']): Promise<void> {
    if (status === 'incomplete') await this.post(`The saga ${saga} of ${key} could not be undone.`);
  }

  @OnReaEvent('invocation-paused')
  async paused({ service, handler, invocationId, error }: ReaEventMap['invocation-paused']): Promise<void> {
    await this.post(`${service}/${handler} ${invocationId} waits for an operator: ${error.message}`);
  }

  private async post(text: string): Promise<void> {
    this.posted.push(text); // your chat, your pager
  }
}
// #endregion hook

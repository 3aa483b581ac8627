import type { ReaEventMap } from '@rea/core';
import { OnReaEvent } from '@rea/observability';

export class Hooks {
  @OnReaEvent('saga-ended')
  payload({ status, saga }: ReaEventMap['saga-ended']): void {
    const known: 'completed' | 'rolled-back' | 'incomplete' = status;
    void [known, saga];
  }

  @OnReaEvent('saga-ended')
  async part({ saga }: { readonly saga: string }): Promise<void> {
    void saga;
  }

  @OnReaEvent('violation')
  nothing(): void {}

  // @ts-expect-error: the payload is that of another event
  @OnReaEvent('saga-ended')
  another({ bytes }: ReaEventMap['state-set']): void {
    void bytes;
  }

  // @ts-expect-error: there is no such event
  @OnReaEvent('saga-finished')
  unknown(): void {}
}

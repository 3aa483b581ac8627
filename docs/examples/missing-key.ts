import { Injectable } from '@nestjs/common';
import { type IngressObjectClient, InjectIngress } from '@rea/ingress';
import { Counter } from './guardrails.js';

@Injectable()
export class Visits {
  constructor(@InjectIngress(Counter) private readonly counters: IngressObjectClient<Counter>) {}

  // #region missing-key-bad
  countTwicePerhaps(): Promise<number> {
    return this.counters.of('visits').call.add(1); // the browser repeats the request: counted twice
  }
  // #endregion missing-key-bad

  // #region missing-key-good
  count(requestId: string): Promise<number> {
    return this.counters.of('visits').call.add(1, { idempotencyKey: requestId });
  }
  // #endregion missing-key-good
}

// #region log
import { Logger } from '@nestjs/common';
import { Handler, run, Service } from '@rea/core';
import type { Context } from '@restatedev/restate-sdk';

@Service()
export class Parking {
  private readonly logger = new Logger('Parking');

  @Handler()
  async enter(ctx: Context, plate: string): Promise<string> {
    this.logger.log({ plate, msg: 'a car comes in' }); // once, however often this line is replayed
    const place = await run(ctx, 'find place', () => 'B12');
    await ctx.sleep({ milliseconds: 20 });
    this.logger.log(`it stands on ${place}`);
    return place;
  }
}
// #endregion log

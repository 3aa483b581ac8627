import { Injectable, Logger } from '@nestjs/common';
import { Handler, run, Service, Shared, VirtualObject } from '@rea/core';
import { SagaModule, Sagas } from '@rea/saga';
import { createTestApp, type ReaTestApp } from '@rea/testing';
import type { Context, ObjectContext, ObjectSharedContext } from '@restatedev/restate-sdk';
import { afterEach, describe, expect, test, vi } from 'vitest';

/** Between the handler and the sagas. */
@Injectable()
class Booking {
  constructor(private readonly sagas: Sagas) {}

  async book(ctx: Context): Promise<void> {
    await this.sagas.run(ctx, 'booking', (saga) =>
      saga.step('seat', { irreversible: true, action: () => run(ctx, 'seat', () => 1) }),
    );
  }
}

@VirtualObject()
class Seat {
  constructor(private readonly booking: Booking) {}

  @Handler()
  async book(ctx: ObjectContext): Promise<void> {
    await this.booking.book(ctx);
  }

  @Shared()
  async isFree(_ctx: ObjectSharedContext): Promise<boolean> {
    return true;
  }
}

@Service({ retryPolicy: { onMaxAttempts: 'kill', maxAttempts: 3 } })
class Tour {
  constructor(private readonly booking: Booking) {}

  @Handler()
  async book(ctx: Context): Promise<void> {
    await this.booking.book(ctx);
  }

  @Handler({ retryPolicy: { onMaxAttempts: 'pause' } })
  async bookPatiently(ctx: Context): Promise<void> {
    await this.booking.book(ctx);
  }
}

@Service({ retryPolicy: { onMaxAttempts: 'kill', maxAttempts: 3 } })
class Greeter {
  @Handler()
  async greet(_ctx: Context): Promise<string> {
    return 'hello';
  }
}

let app: ReaTestApp | undefined;
afterEach(async () => {
  vi.restoreAllMocks();
  await app?.close();
  app = undefined;
});

describe('the start of an application with sagas', () => {
  test('warns of those in exclusive object handlers, also behind another provider, and of no others', async () => {
    const warn = vi.spyOn(Logger.prototype, 'warn');
    app = await createTestApp({ imports: [SagaModule.forRoot()], providers: [Seat, Booking, Greeter] });
    const warnings = warn.mock.calls.map(([text]) => String(text));
    expect(warnings.filter((text) => text.startsWith('REA8054'))).toEqual([
      expect.stringContaining('Seat.book is an exclusive object handler with sagas'),
    ]);
  });

  test('is refused in strict when a saga would be killed, naming the handler', async () => {
    const start = createTestApp({
      imports: [SagaModule.forRoot()],
      providers: [Tour, Booking, Greeter],
      rea: { policy: 'strict' },
    });
    await expect(start).rejects.toThrow(
      /^REA2035 saga-kill-policy: The retry policy of Tour\.book .* in Tour\/book\. /,
    );
  });
});

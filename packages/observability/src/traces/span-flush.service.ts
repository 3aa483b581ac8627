import { setTimeout as wait } from 'node:timers/promises';
import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { TRACING } from './spans.js';
import type { Tracing } from './tracing.js';

/** How long the shutdown waits for whoever takes the spans, in milliseconds. */
const TIMEOUT = 2_000;

/** Sends the last spans on their way before the process ends: those of handlers that ended while it was shut down. */
@Injectable()
export class SpanFlush implements OnApplicationShutdown {
  constructor(@Inject(TRACING) private readonly tracing: Tracing | undefined) {}

  async onApplicationShutdown(): Promise<void> {
    await Promise.race([this.tracing?.flush(), wait(TIMEOUT, undefined, { ref: false })]);
  }
}

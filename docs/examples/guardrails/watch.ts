import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { Logger } from '@nestjs/common';
import { REA_CHANNEL, type ReaEvent, type Violation } from '@rea/core';
import { vi } from 'vitest';

/** What applications of this process have told, by event and by log line, since it was last cleared. */
export class Watch {
  private readonly events: ReaEvent[] = [];
  private readonly lines: string[] = [];
  private readonly onEvent = (event: unknown) => void this.events.push(event as ReaEvent);
  private readonly onLine = (line: unknown) => void this.lines.push(String(line));

  start(): void {
    for (const level of ['warn', 'error'] as const) vi.spyOn(Logger.prototype, level).mockImplementation(this.onLine);
    subscribe(REA_CHANNEL, this.onEvent);
  }

  stop(): void {
    vi.restoreAllMocks();
    unsubscribe(REA_CHANNEL, this.onEvent);
  }

  clear(): void {
    this.events.length = 0;
    this.lines.length = 0;
  }

  get violations(): Violation[] {
    return this.events.flatMap(({ type, payload }) => (type === 'violation' ? [payload] : []));
  }

  /** The log lines of guardrails. */
  get reports(): string[] {
    return this.lines.filter((line) => /^REA2\d{3} /.test(line));
  }

  /** How the attempts of each invocation ended. */
  get outcomes(): string[][] {
    const outcomes = new Map<string, string[]>();
    for (const { type, payload } of this.events) {
      if (type !== 'attempt-ended') continue;
      outcomes.set(payload.invocationId, [...(outcomes.get(payload.invocationId) ?? []), payload.outcome]);
    }
    return [...outcomes.values()];
  }
}

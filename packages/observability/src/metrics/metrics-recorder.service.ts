import { Inject, Injectable, type OnApplicationShutdown, type OnModuleInit, Optional } from '@nestjs/common';
import { ReaEvents } from '@rea/core';
import { MetricRegistry } from './metric-registry.js';
import { recordAttempts } from './series/attempts.js';
import { recordClients } from './series/clients.js';
import { recordDeadLetters } from './series/dead-letters.js';
import { recordGuardrails } from './series/guardrails.js';
import { recordInvocations } from './series/invocations.js';
import type { Stop } from './series/recorder.js';
import { recordRuns } from './series/runs.js';
import { recordSagas } from './series/sagas.js';
import { recordState } from './series/state.js';

const RECORDERS = [
  recordInvocations,
  recordAttempts,
  recordRuns,
  recordState,
  recordClients,
  recordSagas,
  recordDeadLetters,
  recordGuardrails,
];

/** Counts what Rea's events tell, from before the endpoint opens until it has closed. Without metrics it listens to nothing. */
@Injectable()
export class MetricsRecorder implements OnModuleInit, OnApplicationShutdown {
  private stops: Stop[] = [];

  constructor(
    @Optional() @Inject(MetricRegistry) private readonly metrics: MetricRegistry | undefined,
    private readonly events: ReaEvents,
  ) {}

  onModuleInit(): void {
    const { metrics, events } = this;
    if (metrics) this.stops = RECORDERS.flatMap((record) => record(metrics, events));
  }

  onApplicationShutdown(): void {
    for (const stop of this.stops) stop();
  }
}

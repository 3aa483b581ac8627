import { ObservabilityModule } from '@rea/observability';
import { ProfileObject } from './profile.object.js';
import { openRea } from './rea-endpoint.js';
import { SagaService } from './saga.service.js';
import type { OpenEndpoint, SubjectId } from './subject.js';
import { WorkloadService } from './workload.service.js';

/** Rea as it is by default, with metrics. */
export function open(id: SubjectId): Promise<OpenEndpoint> {
  const metrics = ObservabilityModule.forRoot({ metrics: { path: false } });
  return openRea(id, 'warn', [WorkloadService, ProfileObject, SagaService], [metrics]);
}

import { ObservabilityModule } from '@rea/observability';
import { ProfileObject } from './profile.object.js';
import { openRea } from './rea-endpoint.js';
import { SagaService } from './saga.service.js';
import type { OpenEndpoint, SubjectId } from './subject.js';
import { WorkloadService } from './workload.service.js';

/** Rea as it is by default, with the module that observes it: with metrics, or with everything of it off. */
export function open(id: SubjectId): Promise<OpenEndpoint> {
  const metrics = id === 'rea-metrics' ? { path: false as const } : false;
  const observing = ObservabilityModule.forRoot({ metrics });
  return openRea(id, 'warn', [WorkloadService, ProfileObject, SagaService], [observing]);
}

import { ProfileObject } from './profile.object.js';
import { observed } from './observed-modules.js';
import { openRea } from './rea-endpoint.js';
import { SagaService } from './saga.service.js';
import type { OpenEndpoint, SubjectId } from './subject.js';
import { WorkloadService } from './workload.service.js';

/** Rea as it is by default, with metrics, and with logs at info. */
export function open(id: SubjectId): Promise<OpenEndpoint> {
  return openRea(id, 'warn', [WorkloadService, ProfileObject, SagaService], observed({ logs: true }));
}

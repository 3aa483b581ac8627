import { EnhancedProfileObject } from './enhanced-profile.object.js';
import { EnhancedSagaService } from './enhanced-saga.service.js';
import { EnhancedWorkloadService } from './enhanced-workload.service.js';
import { ProfileObject } from './profile.object.js';
import { openRea } from './rea-endpoint.js';
import type { OpenEndpoint, SubjectId } from './subject.js';
import { SagaService } from './saga.service.js';
import { WorkloadService } from './workload.service.js';
// The same modules as in the baseline.
import './bare-nest.subject.js';

/** Rea by the policy and with the enhancers that the subject's name tells. */
export function open(id: SubjectId): Promise<OpenEndpoint> {
  const components =
    id === 'rea-warn-enhanced'
      ? [EnhancedWorkloadService, EnhancedProfileObject, EnhancedSagaService]
      : [WorkloadService, ProfileObject, SagaService];
  return openRea(id, id === 'rea-disabled' ? 'disabled' : 'warn', components);
}

import type { RuleId } from '@rea/core';
import { scenario as blockingExclusive } from './blocking-exclusive.js';
import { scenario as contextInRun } from './context-in-run.js';
import { scenario as determinism } from './determinism.js';
import { scenario as endpointSecurity } from './endpoint-security.js';
import { scenario as ingressInHandler } from './ingress-in-handler.js';
import { scenario as largeValue } from './large-value.js';
import { scenario as lossyValue } from './lossy-value.js';
import { scenario as mangledName } from './mangled-name.js';
import { scenario as missingKey } from './missing-key.js';
import { scenario as nativePromise } from './native-promise.js';
import { scenario as oversizeValue } from './oversize-value.js';
import { scenario as plane } from './plane.js';
import { scenario as redundantKey } from './redundant-key.js';
import { scenario as sagaKillPolicy } from './saga-kill-policy.js';
import { scenario as sagaLateCompensation } from './saga-late-compensation.js';
import { scenario as sagaManySteps } from './saga-many-steps.js';
import { scenario as sagaStepReused } from './saga-step-reused.js';
import { scenario as sagaTooManySteps } from './saga-too-many-steps.js';
import { scenario as sagaUnregistered } from './saga-unregistered.js';
import type { Scenario } from './scenario.js';
import { scenario as secretHeader } from './secret-header.js';
import { scenario as selfCall } from './self-call.js';
import { scenario as sharedWrite } from './shared-write.js';
import { scenario as submitKey } from './submit-key.js';
import { scenario as unvalidatedInput } from './unvalidated-input.js';
import { scenario as unawaited } from './unawaited.js';
import { scenario as unawaitedCall } from './unawaited-call.js';
import { scenario as weakKey } from './weak-key.js';
import { scenario as workflowRetention } from './workflow-retention.js';

/** A scenario for each guardrail. */
export const scenarios: Readonly<Record<RuleId, Scenario>> = {
  'context-in-run': contextInRun,
  'shared-write': sharedWrite,
  'missing-key': missingKey,
  determinism,
  'ingress-in-handler': ingressInHandler,
  'redundant-key': redundantKey,
  'submit-key': submitKey,
  'weak-key': weakKey,
  plane,
  'blocking-exclusive': blockingExclusive,
  'self-call': selfCall,
  'large-value': largeValue,
  'oversize-value': oversizeValue,
  'workflow-retention': workflowRetention,
  'native-promise': nativePromise,
  'saga-unregistered': sagaUnregistered,
  'saga-late-compensation': sagaLateCompensation,
  'saga-step-reused': sagaStepReused,
  'saga-many-steps': sagaManySteps,
  'saga-too-many-steps': sagaTooManySteps,
  'saga-kill-policy': sagaKillPolicy,
  'secret-header': secretHeader,
  unawaited,
  'unawaited-call': unawaitedCall,
  'lossy-value': lossyValue,
  'unvalidated-input': unvalidatedInput,
  'mangled-name': mangledName,
  'endpoint-security': endpointSecurity,
};

import type { Provider } from '@nestjs/common';
import { InvocationTable } from './invocation-table.js';
import { LogRollback } from './log-rollback.service.js';
import { RestartedCopies } from './restarted-copies.js';
import { SagaCaseObject } from './saga-case.object.js';
import { SagaHandlerCatalog } from './saga-handler-catalog.service.js';
import { SagaOperator } from './saga-operator.service.js';
import { SagaOperations } from './saga-operations.js';
import { SagaStartChecks } from './saga-start-checks.service.js';
import { SagaSupervisor } from './saga-supervisor.service.js';

/** What looks after sagas that were killed or are paused; the module exports {@link SagaOperations}. */
export const SUPERVISOR_PROVIDERS: Provider[] = [
  InvocationTable,
  LogRollback,
  RestartedCopies,
  SagaCaseObject,
  SagaHandlerCatalog,
  SagaOperations,
  SagaOperator,
  SagaStartChecks,
  SagaSupervisor,
];

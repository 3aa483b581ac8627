import type { Provider } from '@nestjs/common';
import { CompensationRunner } from './compensation-runner.service.js';
import { ComponentCalls } from './component-calls.js';
import { DeadLetterLog } from './dead-letter-log.service.js';
import { DeadLetterObject } from './dead-letter.object.js';
import { DeadLetterIndex } from './dead-letter-index.js';
import { DeadLetterIndexShard } from './dead-letter-index.object.js';
import { DeadLetterOperator } from './dead-letter-operator.service.js';
import { DeadLetterQueue } from './dead-letter-queue.js';
import { DeadLetterSecret } from './dead-letter-secret.object.js';
import { DeadLetterSql } from './dead-letter-sql.js';
import { DeadLetters } from './dead-letters.js';
import { Redriver } from './redriver.service.js';
import { OperatorAdmission } from '../operators/operator-admission.service.js';
import { OperatorClient } from '../operators/operator-client.js';
import { OperatorRoutes } from '../operators/operator-routes.js';

/** The dead letters' part of a module that also provides `CompensationRegistry`; it exports {@link DeadLetters}. */
export const DEAD_LETTER_PROVIDERS: Provider[] = [
  CompensationRunner,
  ComponentCalls,
  DeadLetterIndex,
  DeadLetterIndexShard,
  DeadLetterLog,
  DeadLetterObject,
  DeadLetterOperator,
  DeadLetterQueue,
  DeadLetterSecret,
  DeadLetterSql,
  DeadLetters,
  OperatorAdmission,
  OperatorClient,
  OperatorRoutes,
  Redriver,
];

import { Facade } from '../operators/facade.js';
import { SagaOperationException } from './saga-operation.exception.js';
import { SAGA_OPERATOR } from './supervisor-names.js';

/** The way for operators to the sagas themselves. */
export const SAGA_FACADE = new Facade({
  service: SAGA_OPERATOR,
  injectable: 'SagaOperations',
  subject: 'sagas',
  tells: 'killed() and paused() tell',
  exception: SagaOperationException,
});

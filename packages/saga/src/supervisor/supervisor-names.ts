/** Names of the components behind the supervision of sagas, without the application's namespace. Part of the contract. */
export const SAGA_OPERATOR = 'rea.SagaOperator';
export const SAGA_CASE = 'rea.SagaCase';
export const LOG_ROLLBACK = 'rea.LogRollback';

/** The state in which a case is kept. */
export const CASE_STATE = 'case';

/** Names of the components behind the dead letters, without the application's namespace. Part of the public contract. */
export const ENTRY = 'rea.DeadLetter';
export const OPERATOR = 'rea.DeadLetterOperator';
export const SECRET = 'rea.DeadLetterSecret';
export const INDEX = 'rea.DeadLetterIndex';
export const RUNNER = 'rea.CompensationRunner';

/** The key of the one object that keeps the operators' secret. */
export const SECRET_KEY = 'operator';

/** The header in which an operator's request carries the secret. */
export const SECRET_HEADER = 'x-rea-operator-secret';

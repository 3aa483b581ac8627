import { OperatorException } from '../operators/operator.exception.js';

/**
 * What `SagaOperations` throws; Nest answers with its status, code and message. 400: the request cannot be used. 404:
 * there is no such saga. 409: it is not in the state that the verb is for. 422: it cannot be rolled back, and the message
 * says what to do instead. 502, 503, 504: Restate is not there, or does not have this application's handlers.
 */
export class SagaOperationException extends OperatorException {}

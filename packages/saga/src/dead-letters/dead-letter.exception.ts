import { OperatorException } from '../operators/operator.exception.js';

/**
 * What `DeadLetters` throws; Nest answers with its status, code and message. 400: the request or an edited payload
 * cannot be used. 404: there is no such entry. 409: it is closed already. 422: it cannot be redriven, and the message
 * says what to do instead. 502, 503, 504: Restate is not there, or does not have this application's handlers.
 */
export class DeadLetterException extends OperatorException {}

import { Facade } from '../operators/facade.js';
import { DeadLetterException } from './dead-letter.exception.js';
import { OPERATOR } from './dead-letter-names.js';

/** The way for operators to the dead letters. */
export const DEAD_LETTER_FACADE = new Facade({
  service: OPERATOR,
  injectable: 'DeadLetters',
  subject: 'dead letters',
  tells: 'get() tells',
  exception: DeadLetterException,
});

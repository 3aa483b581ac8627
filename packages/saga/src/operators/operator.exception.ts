import { HttpException } from '@nestjs/common';
import type { FieldDetail } from '@rea/core';

/** What an {@link OperatorException} answers with. */
export interface OperatorProblem {
  readonly statusCode: number;
  readonly code?: string;
  readonly message: string;
  readonly details?: readonly FieldDetail[];
}

/** What the injectables for operators throw; Nest answers with its status, code and message. */
export abstract class OperatorException extends HttpException {
  /** Stable code, for example `REA8022`; undefined for failures that carry none. */
  readonly code: string | undefined;

  constructor(problem: OperatorProblem, options?: { readonly cause?: unknown }) {
    super(problem, problem.statusCode, options);
    this.message = problem.message;
    this.code = problem.code;
  }
}

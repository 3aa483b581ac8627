import { BadRequestException, Injectable, StandardSchemaValidationPipe } from '@nestjs/common';

/** Nest's own validation with Standard Schemas; a 400 has the same `details` that a refused handler input has. */
@Injectable()
export class ValidationPipe extends StandardSchemaValidationPipe {
  constructor() {
    super({
      exceptionFactory: (issues) =>
        new BadRequestException({
          statusCode: 400,
          message: 'The request is not valid',
          details: issues.map(({ path = [], message }) => ({
            path: path.map((segment) => String(typeof segment === 'object' ? segment.key : segment)).join('.'),
            message,
          })),
        }),
    });
  }
}

import type { ClassConstructor } from 'class-transformer';
import type { DtoClass } from '../decorators/handler-schema.js';
import { ReaError } from '../rea.error.js';
import type { FieldDetail } from './field-detail.js';
import type { Validator } from './validator.js';

/** A DTO class is used as a schema, but the libraries that validate it are not installed. */
export class DtoLibrariesMissingError extends ReaError {
  readonly code = 'REA1011';
}

/** The part of class-validator's `ValidationError` that is read here. */
interface ClassValidatorError {
  readonly property: string;
  readonly constraints?: Readonly<Record<string, string>>;
  readonly children?: readonly ClassValidatorError[];
}

/**
 * Makes validators for class-validator DTO classes: the plain input becomes an instance, properties without a decorator
 * are refused, async validators are not run.
 *
 * @throws DtoLibrariesMissingError when class-validator or class-transformer is not installed.
 */
export async function loadDtoValidation(usedBy: string): Promise<(dto: DtoClass) => Validator> {
  const [validator, transformer] = await Promise.all([import('class-validator'), import('class-transformer')]).catch(
    (cause: unknown) => {
      throw new DtoLibrariesMissingError(
        `REA1011: ${usedBy} validates with a DTO class, which needs class-validator and class-transformer. Run: npm install class-validator class-transformer. Or use a Standard Schema such as zod.`,
        { cause },
      );
    },
  );
  return (dto) => (plain) => {
    if (typeof plain !== 'object' || plain === null || Array.isArray(plain)) {
      return { details: [{ path: '', message: 'must be an object' }] };
    }
    const value: object = transformer.plainToInstance(dto as ClassConstructor<object>, plain);
    const errors = validator.validateSync(value, { whitelist: true, forbidNonWhitelisted: true });
    return errors.length === 0 ? { value } : { details: errors.flatMap((error) => flatten(error, '')) };
  };
}

function flatten(error: ClassValidatorError, parent: string): FieldDetail[] {
  const path = parent ? `${parent}.${error.property}` : error.property;
  const own = Object.values(error.constraints ?? {}).map((message) => ({ path, message }));
  return [...own, ...(error.children ?? []).flatMap((child) => flatten(child, path))];
}

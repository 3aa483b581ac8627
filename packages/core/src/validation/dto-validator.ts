import type { ClassConstructor } from 'class-transformer';
import type { DtoClass } from '../decorators/handler-schema.js';
import { ReaError } from '../rea.error.js';
import { type DtoJsonSchemas, loadDtoJsonSchemas } from './dto-json-schema.js';
import type { FieldDetail } from './field-detail.js';
import type { Validator } from './validator.js';

/** A DTO class is used as a schema, but the libraries that validate it are not installed. */
export class DtoLibrariesMissingError extends ReaError {
  readonly code = 'REA1011';
}

/** What the libraries know about DTO classes. */
export interface DtoSupport {
  /** The plain input becomes an instance, properties without a decorator are refused, async validators are not run. */
  readonly validator: (dto: DtoClass) => Validator;
  /** For discovery; undefined where class-validator-jsonschema is not installed, or cannot tell. */
  readonly jsonSchema: DtoJsonSchemas;
}

/** The part of class-validator's `ValidationError` that is read here. */
interface ClassValidatorError {
  readonly property: string;
  readonly constraints?: Readonly<Record<string, string>>;
  readonly children?: readonly ClassValidatorError[];
}

let loading: Promise<DtoSupport> | undefined;
let loaded: DtoSupport | undefined;

/**
 * Loads the libraries, which are optional peers, once.
 *
 * @param usedBy for the message, when they are not there
 * @throws DtoLibrariesMissingError when class-validator or class-transformer is not installed.
 */
export async function loadDtoSupport(usedBy: string): Promise<DtoSupport> {
  try {
    loaded = await (loading ??= load());
    return loaded;
  } catch (cause) {
    loading = undefined;
    throw new DtoLibrariesMissingError(
      `REA1011: ${usedBy} validates with a DTO class, which needs class-validator and class-transformer. Run: npm install class-validator class-transformer. Or use a Standard Schema such as zod.`,
      { cause },
    );
  }
}

/** What declared a DTO class outside of handlers, and waits for the libraries. */
const declarations: Promise<unknown>[] = [];

/** For what is declared before an application starts, such as a promise: the start waits for the libraries. */
export function declareDto(usedBy: string): void {
  if (loaded) return;
  const declaration = loadDtoSupport(usedBy);
  declarations.push(declaration);
  // The start tells it; without a start, whoever validates.
  declaration.catch(() => undefined);
}

/** @throws DtoLibrariesMissingError when something was declared with a DTO class, and the libraries are not installed */
export async function declaredDtosReady(): Promise<void> {
  await Promise.all(declarations.splice(0));
}

/** Of libraries that {@link declareDto} has asked for. @throws Error while they are not there */
export function readyDtoValidator(dto: DtoClass): Validator {
  if (loaded) return loaded.validator(dto);
  throw new Error(`class-validator, which validates ${dto.name}, is not loaded yet, or not installed.`);
}

async function load(): Promise<DtoSupport> {
  const [validator, transformer] = await Promise.all([import('class-validator'), import('class-transformer')]);
  return {
    jsonSchema: await loadDtoJsonSchemas(),
    validator: (dto) => (plain) => {
      if (typeof plain !== 'object' || plain === null || Array.isArray(plain)) {
        return { details: [{ path: '', message: 'must be an object' }] };
      }
      const value: object = transformer.plainToInstance(dto as ClassConstructor<object>, plain);
      const errors = validator.validateSync(value, { whitelist: true, forbidNonWhitelisted: true });
      return errors.length === 0 ? { value } : { details: errors.flatMap((error) => flatten(error, '')) };
    },
  };
}

function flatten(error: ClassValidatorError, parent: string): FieldDetail[] {
  const path = parent ? `${parent}.${error.property}` : error.property;
  const own = Object.values(error.constraints ?? {}).map((message) => ({ path, message }));
  return [...own, ...(error.children ?? []).flatMap((child) => flatten(child, path))];
}

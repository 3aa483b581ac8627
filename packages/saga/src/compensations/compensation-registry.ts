import { Injectable, type OnModuleInit } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { type Context, TerminalError } from '@restatedev/restate-sdk';
import { SagaStartError } from '../saga.errors.js';
import { type CompensationMethod, type CompensationRun, compensationsOf } from './compensation.decorator.js';
import type { CompensationKey } from './compensation-key.js';

/** A compensation of the application, ready to run. */
export interface RegisteredCompensation {
  readonly name: string;
  /** For messages: `StockCompensations.release`. */
  readonly place: string;
  /** @throws TerminalError (400, `REA8004`) when the payload does not fit the compensation's schema */
  check(payload: unknown): void;
  /**
   * Runs it.
   *
   * @throws TerminalError (400, `REA8004`) when the payload does not fit the compensation's schema; what the method throws
   */
  run(ctx: Context, payload: unknown, run: CompensationRun): Promise<unknown>;
}

/** The compensations of the application, by name: every `@Compensation` method of every provider. */
@Injectable()
export class CompensationRegistry implements OnModuleInit {
  private readonly byName = new Map<string, RegisteredCompensation>();

  constructor(private readonly modules: ModulesContainer) {}

  /** @throws SagaStartError when two methods have one name, or a provider has no instance that lasts */
  onModuleInit(): void {
    const seen = new Set<unknown>();
    for (const { providers, controllers } of this.modules.values()) {
      for (const wrapper of [...providers.values(), ...controllers.values()]) {
        const instance = wrapper.instance as object | null | undefined;
        const prototype = wrapper.metatype?.prototype ?? (instance && Object.getPrototypeOf(instance));
        if (typeof prototype !== 'object' || prototype === null || wrapper.isAlias) continue;
        const declarations = compensationsOf(prototype);
        if (declarations.length === 0 || seen.has(instance ?? wrapper)) continue;
        seen.add(instance ?? wrapper);
        for (const { method, key } of declarations) {
          const place = `${prototype.constructor.name}.${method}`;
          if (!wrapper.isDependencyTreeStatic() || wrapper.isTransient || !instance) {
            throw new SagaStartError(
              'REA1041',
              `${place} is the compensation "${key.name}", but ${prototype.constructor.name} lives only for a request.`,
              'A rollback has no request: move the compensation to a provider of default scope.',
            );
          }
          this.add(key, place, instance, (instance as Record<string, CompensationMethod<unknown>>)[method]!);
        }
      }
    }
  }

  /** The compensation of that name; undefined when the application has none. */
  get(name: string): RegisteredCompensation | undefined {
    return this.byName.get(name);
  }

  /** All names, in alphabetical order. */
  names(): string[] {
    return [...this.byName.keys()].toSorted();
  }

  private add(
    key: CompensationKey<unknown>,
    place: string,
    instance: object,
    method: CompensationMethod<unknown>,
  ): void {
    const twin = this.byName.get(key.name);
    if (twin) {
      throw new SagaStartError(
        'REA1040',
        `Two methods are the compensation "${key.name}": ${twin.place} and ${place}.`,
        'Give one of them another name, or provide the class in one module only.',
      );
    }
    this.byName.set(key.name, {
      name: key.name,
      place,
      check: (payload) => void checked(key, payload, place),
      run: async (ctx, payload, run) => method.call(instance, ctx, checked(key, payload, place), run),
    });
  }
}

function checked({ name, schema }: CompensationKey<unknown>, payload: unknown, place: string): unknown {
  if (!schema) return payload;
  const result = schema['~standard'].validate(payload);
  if (result instanceof Promise) {
    throw new TerminalError(
      `REA8004: The schema of the compensation "${name}" validates asynchronously. Use a synchronous schema; ask other systems in a run.`,
      { errorCode: 500 },
    );
  }
  if (!result.issues) return result.value;
  const problems = result.issues.map(
    ({ path = [], message }) => `${path.map(segment).join('.') || '(payload)'}: ${message}`,
  );
  throw new TerminalError(
    `REA8004: The payload of the compensation "${name}" (${place}) does not fit its schema: ${problems.join('; ')}. Edit the payload and redrive it, or change compensateWith().`,
    { errorCode: 400 },
  );
}

function segment(part: PropertyKey | { readonly key: PropertyKey }): string {
  return String(typeof part === 'object' ? part.key : part);
}

import type * as promClient from 'prom-client';
import { ObservabilityError } from '../observability.errors.js';

/** The library that keeps the metrics. */
export type PromClient = Pick<typeof promClient, 'Counter' | 'Gauge' | 'register'>;

/** Loads `prom-client`, an optional peer. @throws ObservabilityError (`REA1060`) when it is not installed */
export async function loadPromClient(): Promise<PromClient> {
  const { default: client } = await import('prom-client').catch(missing('prom-client'));
  return client;
}

/** Makes of a failed import an error that says what to install. */
export function missing(library: string): (cause: unknown) => never {
  return (cause) => {
    throw new ObservabilityError(
      'REA1060',
      `Metrics need ${library}, which is not installed.`,
      'Run: npm install prom-client @willsoto/nestjs-prometheus. Or leave the option metrics out.',
      { cause },
    );
  };
}

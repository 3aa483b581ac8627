import type { Provider } from '@nestjs/common';
import { type ReaModuleOptions, ReaRuntime, RestateConnection } from '@rea/core';
import { CompensationRegistry, DEAD_LETTER_OPTIONS, type DeadLetterOptions, DeadLetters } from '@rea/saga';
import { createTestApp, type ReaTestApp } from '@rea/testing';
import { DEAD_LETTER_PROVIDERS } from '../../../src/dead-letters/dead-letter.providers.js';
import { Bank } from './bank.js';
import { Reporter } from './reporter.js';
import { serverAddress } from './server-address.js';

/** `admin`: lists by SQL. `index`: the process knows no admin API. */
export type Mode = 'admin' | 'index';

/** The secret of the applications that are given one. */
export const SECRET = 'correct horse battery staple';

export interface AppOptions {
  readonly mode?: Mode;
  readonly options?: DeadLetterOptions;
  readonly providers?: Provider[];
  readonly rea?: Omit<Partial<ReaModuleOptions>, 'server'>;
}

/** An application with dead letters, a reporter that fills the queue and a bank whose compensations are told how to end. */
export class DeadLetterApp {
  private constructor(readonly app: ReaTestApp) {}

  static async start({ mode = 'admin', options, providers = [], rea }: AppOptions = {}): Promise<DeadLetterApp> {
    const given = options ?? (mode === 'index' ? { secret: SECRET } : undefined);
    const app = await createTestApp({
      providers: [
        ...DEAD_LETTER_PROVIDERS,
        CompensationRegistry,
        Reporter,
        Bank,
        ...(given ? [{ provide: DEAD_LETTER_OPTIONS, useValue: given }] : []),
        ...providers,
      ],
      rea: { ...rea, ...(mode === 'index' ? { registration: false } : {}) },
      override: (builder) =>
        mode === 'index' ? builder.overrideProvider(RestateConnection).useValue(ingressOnly()) : builder,
    });
    if (mode === 'index') {
      const { port } = new URL(app.get(ReaRuntime).endpointUrl!);
      await app.register(`http://127.0.0.1:${port}`);
    }
    return new DeadLetterApp(app);
  }

  get deadLetters(): DeadLetters {
    return this.app.get(DeadLetters);
  }

  get bank(): Bank {
    return this.app.get(Bank);
  }

  close(): Promise<void> {
    return this.app.close();
  }
}

function ingressOnly(): RestateConnection {
  return { ingressUrl: serverAddress().ingressUrl, adminUrl: undefined, headers: {} };
}

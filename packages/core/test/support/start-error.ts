import type { ModuleMetadata } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { ReaModule, type ReaModuleOptions } from '@rea/core';
import { expect } from 'vitest';

/**
 * What the application says when it is defined and started with these classes: its error, undefined when it starts. It
 * does not take long to say so.
 */
export async function startError(
  metadata: ModuleMetadata | (() => ModuleMetadata),
  rea: Partial<ReaModuleOptions> = {},
): Promise<unknown> {
  return Promise.race([
    tryToStart(metadata, rea),
    new Promise((resolve) => setTimeout(resolve, 5_000, 'still starting').unref()),
  ]);
}

async function tryToStart(
  given: ModuleMetadata | (() => ModuleMetadata),
  rea: Partial<ReaModuleOptions>,
): Promise<unknown> {
  try {
    const metadata = typeof given === 'function' ? given() : given;
    const builder = Test.createTestingModule({
      ...metadata,
      imports: [
        ReaModule.forRoot({
          server: { ingressUrl: 'http://127.0.0.1:1' },
          endpoint: { port: 0, host: '127.0.0.1' },
          registration: false,
          ...rea,
        }),
        ...(metadata.imports ?? []),
      ],
    });
    const app = (await builder.compile()).createNestApplication();
    await app.init();
    await app.close();
    return undefined;
  } catch (error) {
    return error;
  }
}

/** An error with a code, whose message names all parts. */
export const refused = (code: string, ...parts: string[]) => ({
  code,
  message: expect.stringMatching(
    new RegExp([`^${code}: `, ...parts.map((part) => `(?=.*${part.replaceAll(/[().]/g, '\\$&')})`)].join(''), 's'),
  ) as unknown,
});

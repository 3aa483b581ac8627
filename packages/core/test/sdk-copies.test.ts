import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Handler, run, SecondSdkError, Service } from '@rea/core';
import { createTestApp, type ReaTestApp } from '@rea/testing';
import { type Context, TerminalError } from '@restatedev/restate-sdk';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { resolveFrom } from '../src/module-resolution.js';

const require = createRequire(import.meta.url);
const { TerminalError: Foreign } = require('@restatedev/restate-sdk') as { TerminalError: typeof TerminalError };

/** As if the CommonJS build had never been required. */
function forgetCommonJs(): void {
  for (const file of Object.keys(require.cache)) if (file.includes('restate-sdk')) delete require.cache[file];
}
forgetCommonJs();

@Service()
class Bank {
  attempts = 0;

  @Handler()
  async decline(_ctx: Context): Promise<void> {
    this.attempts += 1;
    throw new Foreign('declined', { errorCode: 402, metadata: { bank: 'ACME' } });
  }

  @Handler()
  async declineInRun(ctx: Context): Promise<void> {
    this.attempts += 1;
    await run(ctx, 'decline', () => {
      throw new Foreign('declined', { errorCode: 402, metadata: { bank: 'ACME' } });
    });
  }
}

async function startError(): Promise<unknown> {
  try {
    await (await createTestApp({ providers: [Bank] })).close();
    return undefined;
  } catch (error) {
    return error;
  }
}

describe('The application does not start', () => {
  const [node, main] = process.argv;
  let directory: string;
  beforeAll(async () => {
    directory = await realpath(await mkdtemp(join(tmpdir(), 'rea-copies-')));
  });
  afterEach(() => {
    process.argv[1] = main ?? node ?? '';
    forgetCommonJs();
  });
  afterAll(() => rm(directory, { recursive: true }));

  test('when something has required the CommonJS build of the SDK', async () => {
    require('@restatedev/restate-sdk');
    const error = await startError();
    expect(error).toBeInstanceOf(SecondSdkError);
    expect(error).toMatchObject({
      code: 'REA1021',
      message: expect.stringMatching(/REA1021:.*index\.cjs.*ES module/),
    });
  });

  test('when its own code would import another installation of the SDK than Rea', async () => {
    const sdk = join(directory, 'node_modules/@restatedev/restate-sdk');
    await mkdir(sdk, { recursive: true });
    await writeFile(join(sdk, 'package.json'), '{ "name": "@restatedev/restate-sdk", "version": "1.16.0" }');
    await writeFile(join(directory, 'main.js'), '');
    process.argv[1] = join(directory, 'main.js');
    expect(await startError()).toMatchObject({
      code: 'REA1021',
      message: expect.stringContaining(`the application ${sdk}.`),
    });
  });

  test('and does when there is one copy, or none beside the file that was started', async () => {
    expect(await startError()).toBeUndefined();
    process.argv[1] = import.meta.filename;
    expect(await startError()).toBeUndefined();
    process.argv[1] = join(tmpdir(), 'somewhere', 'main.js');
    expect(await startError()).toBeUndefined();
  });
});

describe('A terminal error of a copy that nobody could find', () => {
  let app: ReaTestApp;
  beforeAll(async () => {
    app = await createTestApp({ providers: [Bank] });
  });
  afterAll(() => app?.close());

  test.each(['decline', 'declineInRun'] as const)('is final: %s', async (handler) => {
    expect(new Foreign('x')).not.toBeInstanceOf(TerminalError);
    const { attempts } = app.get(Bank);
    await expect(app.ingress.service(Bank).call[handler](undefined, { idempotencyKey: false })).rejects.toMatchObject({
      status: 402,
      message: 'declined',
      metadata: { bank: 'ACME' },
    });
    expect(app.get(Bank).attempts - attempts).toBeLessThanOrEqual(handler === 'decline' ? 1 : 2);
  });
});

test('A package that Rea does not depend on is found from the application', async () => {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'rea-resolve-')));
  try {
    const installed = join(folder, 'node_modules/@shop/server');
    await mkdir(installed, { recursive: true });
    await writeFile(
      join(installed, 'package.json'),
      '{ "name": "@shop/server", "type": "module", "exports": { ".": { "types": "./x.d.ts", "default": "./x.js" } } }',
    );
    await writeFile(join(installed, 'x.js'), '');
    const files = [join(tmpdir(), 'nowhere/main.js'), join(folder, 'package.json')];
    expect(resolveFrom(files, '@shop/server')).toBe(join(installed, 'x.js'));
    expect(resolveFrom(files, '@shop/other')).toBeUndefined();
  } finally {
    await rm(folder, { recursive: true });
  }
});

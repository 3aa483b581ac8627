import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LoggerService } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { Handler, ReaModule, RestateConnection, Service } from '@rea/core';
import type { Context } from '@restatedev/restate-sdk';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ServerLog } from '../src/connection/server-log.js';
import { eventually } from './support/eventually.js';

@Service()
class Failing {
  @Handler()
  async fail(_ctx: Context): Promise<void> {
    throw new Error('not today');
  }
}

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'rea-embedded-'));
});
afterEach(() => rm(directory, { recursive: true }));

test('An embedded server says where it is, warns in the log of the application, and keeps the rest in a file', async () => {
  const lines: string[] = [];
  const at = (level: string) => (message: unknown, context: unknown) =>
    void (context === 'Restate' && lines.push(`${level} ${String(message)}`));
  const logger: LoggerService = {
    log: at('log'),
    warn: at('warn'),
    error: at('error'),
    debug: at('debug'),
    verbose: at('verbose'),
  };
  const builder = Test.createTestingModule({
    imports: [ReaModule.forRoot({ server: { embedded: true, dataDirectory: directory } })],
    providers: [Failing],
  });
  const app = await builder.setLogger(logger).compile();
  await app.init();
  try {
    const { ingressUrl, adminUrl } = app.get(RestateConnection);
    expect(lines.at(-1)).toBe(`log Ingress ${ingressUrl}, admin API ${adminUrl}, UI ${adminUrl}/ui`);
    await fetch(`${ingressUrl}/Failing/fail/send`, { method: 'POST' });
    await eventually(() => expect(lines.at(-1)).toMatch(/^warn restate_invoker_impl\n +Invocation error, retrying/));
    expect(lines.at(-1)).toContain('not today');
    expect(lines.at(-1)).not.toContain('stacktrace');
    expect(lines.filter((line) => !/^(log|warn) /.test(line))).toEqual([]);
  } finally {
    await app.close();
  }
  const log = await readFile(join(directory, 'restate.log'), 'utf8');
  expect(log).toMatch(/INFO[^]*Starting Restate Server[^]*WARN[^]*Invocation error, retrying[^]*INFO/);
});

describe('Of the log of the server', () => {
  const heard: string[] = [];
  const log = new ServerLog({
    warn: (text: string) => void heard.push(`warn ${text}`),
    error: (text: string) => void heard.push(`error ${text}`),
  });
  beforeEach(() => {
    heard.length = 0;
  });

  test('warnings and errors are passed on as one message each, and nothing else', async () => {
    for (const line of [
      'a line of an entry that nobody saw begin',
      '2026-11-24T08:39:08.469066Z INFO restate_server',
      '  Starting Restate Server',
      '2026-11-24T08:39:08.477800Z WARN restate_invoker_impl',
      '  Invocation error, retrying in 1s.',
      '    restate.invocation.error.stacktrace:',
      '      Error: boom',
      '          at W.boom (main.js:5:32)',
      'on rt:pp-0',
      '2026-11-24T08:39:08.525749Z ERROR restate_core',
      '  No space left on device',
    ]) {
      log.add(line);
    }
    await eventually(() =>
      expect(heard).toEqual([
        'warn restate_invoker_impl\n  Invocation error, retrying in 1s.',
        'error restate_core\n  No space left on device',
      ]),
    );
  });
});

import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ObservabilityModule } from '@rea/observability';
import { SagaModule } from '@rea/saga';
import { RestateServer } from '@rea/server';
import { createTestApp, type ReaTestApp } from '@rea/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { inRequest, recordSpans, spansOf } from '../support/recorded-spans.js';
import { Echo, sceneNamed, Stage } from '../support/scenes.js';

recordSpans();

let directory: string;
let server: RestateServer;
let app: ReaTestApp;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'rea-spans-'));
  server = await RestateServer.start({ env: { RESTATE_TRACING_JSON_PATH: directory } });
  app = await createTestApp({
    server,
    imports: [SagaModule.forRoot(), ObservabilityModule.forRoot({ traces: true })],
    providers: [Stage, Echo],
  });
});
afterAll(async () => {
  await app?.close();
  await server?.stop();
  await rm(directory, { recursive: true });
});

test('where the server exports spans, too, attempts are below them, in the same trace', async () => {
  const { traceId } = await inRequest('request', () =>
    app.ingress.service(Stage).call.play(
      sceneNamed(async (_ctx, { echo }) => echo.call.say('hello')),
      { idempotencyKey: false },
    ),
  );
  await app.close();
  await server.stop();
  for (const file of await readdir(directory)) console.log(file, await readFile(join(directory, file), 'utf8'));
  for (const span of spansOf(traceId)) console.log(span.name, span.spanContext().spanId, span.parentSpanContext?.spanId);
  expect(traceId).toBe('');
});

import { Writable } from 'node:stream';
import { createTestApp } from '@rea/testing';
import { Logger, PARAMS_PROVIDER_TOKEN } from 'nestjs-pino';
import { expect, test } from 'vitest';
import { LoggedModule } from './logged.module.js';
import { Parking } from './parking.service.js';

test('each line is there once, with its invocation, and without what is redacted', async () => {
  const lines: Record<string, unknown>[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(JSON.parse(chunk.toString()) as Record<string, unknown>);
      done();
    },
  });
  await using app = await createTestApp({
    imports: [LoggedModule],
    override: (builder) =>
      builder
        .overrideProvider(PARAMS_PROVIDER_TOKEN)
        .useValue({ pinoHttp: [{ level: 'info', redact: ['plate'] }, stream] }),
    configure: (nest) => nest.useLogger(nest.get(Logger)),
  });
  await app.ingress.service(Parking).call.enter('AB 123', { idempotencyKey: false });
  const said = lines.filter(({ context }) => context === 'Parking');
  expect(said).toEqual([
    expect.objectContaining({ msg: 'a car comes in', plate: '[Redacted]', invocationId: said[1]!['invocationId'] }),
    expect.objectContaining({ msg: 'it stands on B12', target: `${app.namespace}.Parking/enter` }),
  ]);
});

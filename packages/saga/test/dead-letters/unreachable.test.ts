import { Controller, Get, Param } from '@nestjs/common';
import { RestateConnection } from '@rea/core';
import { CompensationRegistry, DEAD_LETTER_OPTIONS, type DeadLetterOptions, DeadLetters } from '@rea/saga';
import { createTestApp, type ReaTestApp } from '@rea/testing';
import { describe, expect, test } from 'vitest';
import { DEAD_LETTER_PROVIDERS } from '../../src/dead-letters/dead-letter.providers.js';
import { DeadLetterApp, SECRET } from './support/dead-letter-app.js';
import { fill, reportOf } from './support/reports.js';
import { serverAddress } from './support/server-address.js';

/** Nothing listens there. */
const NOWHERE = 'http://127.0.0.1:9';

@Controller('dead-letters')
class Front {
  constructor(private readonly deadLetters: DeadLetters) {}

  @Get(':id')
  get(@Param('id') id: string): Promise<unknown> {
    return this.deadLetters.get(id);
  }
}

/** A process that only asks, and serves no handlers. */
function start(
  connection: Partial<RestateConnection>,
  options: DeadLetterOptions = {},
  namespace?: string,
): Promise<ReaTestApp> {
  return createTestApp({
    providers: [...DEAD_LETTER_PROVIDERS, CompensationRegistry, { provide: DEAD_LETTER_OPTIONS, useValue: options }],
    controllers: [Front],
    rea: { endpoint: false, ...(namespace === undefined ? {} : { namespace }) },
    override: (builder) =>
      builder.overrideProvider(RestateConnection).useValue({ ...serverAddress(), headers: {}, ...connection }),
  });
}

describe('dead letters that are asked for by a process of operators', () => {
  test('are reached without handlers of its own, with the generated secret', async () => {
    const handlers = await DeadLetterApp.start();
    const operators = await start({}, {}, handlers.app.namespace);
    const report = reportOf();
    await fill(handlers, report);
    const { outcome } = await operators.get(DeadLetters).redrive(report.id, { by: 'ada' });
    expect(outcome).toBe('redriven');
    await operators.close();
    await handlers.close();
  });

  test('without the admin API need a secret, and the error says so', async () => {
    const app = await start({ adminUrl: undefined });
    for (const asked of [() => app.get(DeadLetters).get('x'), () => app.get(DeadLetters).list()]) {
      await expect(asked()).rejects.toMatchObject({
        status: 503,
        code: 'REA8032',
        message: expect.stringContaining('deadLetters: { secret }'),
      });
    }
    await app.close();
  });

  test('are a 503 when the ingress does not answer, and for the client of the controller too', async () => {
    const app = await start({ ingressUrl: NOWHERE }, { secret: SECRET });
    await expect(app.get(DeadLetters).get('x')).rejects.toMatchObject({ status: 503, code: 'REA8028' });
    await app.app.listen(0);
    const response = await fetch(`${await app.app.getUrl()}/dead-letters/x`);
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({ statusCode: 503, code: 'REA8028' });
    await app.close();
  });

  test('are a 503 when the admin API does not answer', async () => {
    const app = await start({ adminUrl: NOWHERE });
    for (const asked of [() => app.get(DeadLetters).get('x'), () => app.get(DeadLetters).list()]) {
      await expect(asked()).rejects.toMatchObject({ status: 503, code: 'REA8031' });
    }
    await app.close();
  });

  test('are a 502 when nobody serves them', async () => {
    const app = await start({}, { secret: SECRET });
    await expect(app.get(DeadLetters).get('x')).rejects.toMatchObject({
      status: 502,
      code: 'REA8030',
      message: expect.stringContaining('.DeadLetterOperator'),
    });
    await app.close();
  });

  test('are a 403 with a secret that is not the handlers’', async () => {
    const handlers = await DeadLetterApp.start({ options: { secret: SECRET } });
    const operators = await start({}, { secret: 'another' }, handlers.app.namespace);
    await expect(operators.get(DeadLetters).get('x')).rejects.toMatchObject({ status: 403, code: 'REA8020' });
    await operators.close();
    await handlers.close();
  });
});

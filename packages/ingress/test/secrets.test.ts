import { Logger } from '@nestjs/common';
import { Handler, InjectClient, Service, type ServiceClient, VirtualObject, Workflow, WorkflowRun } from '@rea/core';
import { createTestApp, type ReaTestApp } from '@rea/testing';
import type { Context, ObjectContext, WorkflowContext } from '@restatedev/restate-sdk';
import { seen } from '../../../test/support/seen.js';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';

const headersOf = (ctx: Context) => Object.fromEntries(ctx.request().headers);

@Service()
class Reader {
  @Handler()
  async read(ctx: Context): Promise<Record<string, string>> {
    return headersOf(ctx);
  }
}

@VirtualObject()
class Shelf {
  @Handler()
  async read(ctx: ObjectContext): Promise<Record<string, string>> {
    return headersOf(ctx);
  }
}

@Workflow({ status: true, retention: 'standard' })
class Flow {
  @WorkflowRun()
  async run(ctx: WorkflowContext): Promise<Record<string, string>> {
    return headersOf(ctx);
  }
}

@Service()
class Caller {
  constructor(@InjectClient(Reader) private readonly reader: ServiceClient<Reader>) {}

  @Handler()
  async pass(_ctx: Context, headers: Record<string, string>): Promise<Record<string, string>> {
    return this.reader.call.read(undefined, { headers });
  }
}

/** A value that is found nowhere else. */
const secret = (name: string) => `s3cr3t-${name}`;
const secrets = {
  authorization: secret('authorization'),
  Cookie: secret('cookie'),
  'Proxy-Authorization': secret('proxy'),
  'set-cookie': secret('set-cookie'),
  'X-Api-Key': secret('api-key'),
};
const plain = { 'x-tenant': 'acme' };

let app: ReaTestApp;
const warnings: string[] = [];
beforeAll(async () => {
  app = await createTestApp({
    providers: [Reader, Shelf, Flow, Caller],
    rea: { secretHeaders: ['x-api-key'], policy: 'warn' },
  });
});
afterAll(() => app?.close());
beforeEach(() => {
  warnings.length = 0;
  vi.spyOn(Logger.prototype, 'warn').mockImplementation((line: unknown) => void warnings.push(String(line)));
});
afterEach(() => vi.restoreAllMocks());

/** Everything that Restate keeps of this application's invocations, as text: rows, and journal entries byte by byte. */
async function everythingKept(): Promise<string> {
  // Not a join: for one, the server takes the journals of all other tests into its memory.
  const mine = (await app.invocations()).map(({ id }) => `'${id}'`).join();
  const invocations = await app.query(`select * from sys_invocation where id in (${mine})`);
  const journal = await app.query<{ raw?: string }>(`select * from sys_journal where id in (${mine})`);
  expect(invocations.length).toBeGreaterThan(0);
  expect(journal.length).toBeGreaterThan(0);
  const bytes = journal.map(({ raw = '' }) => Buffer.from(raw, 'hex').toString('latin1'));
  const events = await app.query(`select * from sys_journal_events where id in (${mine})`);
  return [JSON.stringify(invocations), JSON.stringify(journal), JSON.stringify(events), ...bytes].join('\n');
}

describe('Secrets in headers of ingress clients', () => {
  test('reach neither the handler nor the journal, by any verb', async () => {
    const headers = { ...secrets, ...plain };
    const { ingress } = app;
    const answers = [
      await ingress.service(Reader).call.read(undefined, { headers, idempotencyKey: 'a' }),
      await ingress.object(Shelf).of('one').call.read(undefined, { headers, idempotencyKey: 'a' }),
      await (await ingress.service(Reader).send.read(undefined, { headers, idempotencyKey: 'b' })).result(),
      await (await ingress.workflow(Flow).of('one').submit(undefined, { headers })).attach(),
    ];
    await ingress.workflow(Flow).of('one').status({ headers });
    for (const answer of answers) {
      expect(answer).toMatchObject(plain);
      expect(JSON.stringify(answer)).not.toContain('s3cr3t');
    }
    const kept = await everythingKept();
    const found = Object.values(secrets).filter((value) => kept.includes(value));
    seen(
      `${Object.keys(secrets).length} secret headers by 5 verbs; journal, invocations and events by SQL: ${kept.length} characters, ${found.length} secrets in them`,
    );
    expect(kept).toContain('x-tenant');
    for (const value of Object.values(secrets)) expect(kept).not.toContain(value);
  });

  test('are told of once for each place, and never with their value', async () => {
    const read = (idempotencyKey: string) =>
      app.ingress.service(Caller).call.pass({}, { headers: { authorization: secret('told') }, idempotencyKey });
    await read('c');
    await read('d');
    expect(warnings).toEqual([
      'Caller call.pass was sent without the header "authorization": Restate would keep it in the journal. If it has to be there, allow it: { allowSecretHeaders: [\'authorization\'] }.',
    ]);
  });

  test('are sent when the call allows them, by name', async () => {
    const answer = await app.ingress.service(Reader).call.read(undefined, {
      headers: { Authorization: 'public', cookie: secret('cookie-2') },
      allowSecretHeaders: ['authorization'],
      idempotencyKey: 'e',
    });
    expect(answer).toMatchObject({ authorization: 'public' });
    expect(answer).not.toHaveProperty('cookie');
    const kept = await everythingKept();
    expect(kept).toContain('public');
    expect(kept).not.toContain(secret('cookie-2'));
  });
});

describe('Secrets in headers of durable calls', () => {
  test('are reported, and sent, since a replay compares headers', async () => {
    const headers = { authorization: 'Bearer known' };
    const answer = await app.ingress.service(Caller).call.pass(headers, { idempotencyKey: 'f' });
    expect(answer).toMatchObject(headers);
    expect(warnings).toEqual([
      expect.stringMatching(
        /^REA2040 secret-header: Reader call.read\(\) with the header "authorization" in Caller\/pass/,
      ),
    ]);
  });

  test('are refused in mode strict, without their value', async () => {
    await using strict = await createTestApp({ providers: [Reader, Caller], rea: { policy: 'strict' } });
    const call = strict.ingress.service(Caller).call.pass({ cookie: secret('strict') }, { idempotencyKey: 'g' });
    await expect(call).rejects.toMatchObject({ status: 500, message: expect.stringMatching(/REA2040/) });
    await expect(call).rejects.not.toMatchObject({ message: expect.stringContaining('s3cr3t') });
  });
});

test('what is sent straight to the ingress is kept: Rea is not asked', async () => {
  const { ingressUrl } = JSON.parse(process.env['REA_TEST_SERVER']!) as { ingressUrl: string };
  const answer = await fetch(`${ingressUrl}/${app.namespace}.Reader/read`, {
    method: 'POST',
    headers: { authorization: 'straight' },
  });
  expect(await answer.json()).toMatchObject({ authorization: 'straight' });
  expect(await everythingKept()).toContain('straight');
});

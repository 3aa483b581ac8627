import { Logger } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { DeadLetterApp, SECRET } from './support/dead-letter-app.js';
import { fill, reportOf } from './support/reports.js';
import { serverAddress } from './support/server-address.js';

const HEADER = 'x-rea-operator-secret';

/** A request to a component of the application, as anybody who reaches the ingress can make it. */
async function post(
  { app }: DeadLetterApp,
  path: string,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<{ readonly status: number; readonly body: { readonly message?: string; readonly source?: string } }> {
  const response = await fetch(`${serverAddress().ingressUrl}/${app.serverName(path)}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  return { status: response.status, body: text === '' ? {} : JSON.parse(text) };
}

describe.each(['generated', 'given'] as const)('the dead letters behind a %s secret', (kind) => {
  let fixture: DeadLetterApp;
  const logged: unknown[] = [];

  beforeAll(async () => {
    for (const level of ['log', 'warn', 'error', 'debug', 'verbose'] as const) {
      vi.spyOn(Logger.prototype, level).mockImplementation((...args) => void logged.push(...args));
    }
    fixture = await DeadLetterApp.start(kind === 'given' ? { options: { secret: SECRET } } : {});
  });
  afterAll(async () => {
    await fixture.close();
    vi.restoreAllMocks();
  });

  const secret = async (): Promise<string> => {
    if (kind === 'given') return SECRET;
    return String((await fixture.app.state('rea.DeadLetterSecret', 'operator'))['secret']);
  };

  test('every verb without it, or with a wrong one, is refused with 403, and nothing is done', async () => {
    const report = reportOf();
    await fill(fixture, report);
    await fixture.deadLetters.get(report.id);
    const right = await secret();
    const request = { id: report.id, by: 'eve', note: 'x', olderThan: new Date(), limit: 10 };
    const wrong = [
      {},
      { [HEADER]: '' },
      { [HEADER]: 'guess' },
      { [HEADER]: right.slice(0, -1) },
      { [HEADER]: `${right}x` },
    ];
    for (const verb of ['get', 'redrive', 'resolve', 'discard', 'list', 'count', 'purge']) {
      for (const headers of wrong) {
        const { status, body } = await post(fixture, `rea.DeadLetterOperator/${verb}`, request, headers);
        expect([verb, status, body.message]).toEqual([verb, 403, expect.stringMatching(/^REA8020: /)]);
      }
    }
    expect(await fixture.deadLetters.get(report.id)).toMatchObject({ status: 'open', history: [{}] });
    expect(fixture.bank.effectsOf(report.id)).toEqual([]);
    const { status } = await post(fixture, 'rea.DeadLetterOperator/get', request, { [HEADER]: right });
    expect(status).toBe(200);
  });

  test('the objects themselves cannot be reached through the ingress', async () => {
    const report = reportOf();
    await fill(fixture, report);
    const id = encodeURIComponent(report.id);
    const headers = { [HEADER]: await secret() };
    for (const path of [
      `rea.DeadLetter/${id}/add`,
      `rea.DeadLetter/${id}/get`,
      `rea.DeadLetter/${id}/redrive`,
      `rea.DeadLetter/${id}/close`,
      `rea.DeadLetter/${id}/purge`,
      'rea.DeadLetterSecret/operator/prepare',
      'rea.DeadLetterSecret/operator/verify',
      'rea.DeadLetterIndex/0/put',
      'rea.DeadLetterIndex/0/remove',
      'rea.DeadLetterIndex/0/scan',
      'rea.CompensationRunner/run',
    ]) {
      const { status, body } = await post(fixture, path, { by: 'eve', note: 'x' }, headers);
      expect([path, status, body.source]).toEqual([path, 400, 'ingress']);
    }
    expect((await fixture.deadLetters.get(report.id)).status).toBe('open');
  });

  test('it is made once, told to nobody, logged nowhere, and in no journal that is kept', async () => {
    const before = await secret();
    const { status, body } = await post(fixture, 'rea.DeadLetterOperator/prepare', {});
    expect([status, body]).toEqual([200, {}]);
    const report = reportOf();
    await fill(fixture, report);
    await fixture.deadLetters.resolve(report.id, { by: 'ada', note: 'x' });
    await fixture.deadLetters.purge({ by: 'ada', olderThan: { days: 1 } });
    expect(await secret()).toBe(before);
    expect(before.length).toBeGreaterThanOrEqual(28);
    expect(logged.length).toBeGreaterThan(0);
    expect(logged.map(String).join('\n')).not.toContain(before);
    const kept = async (component: string) => {
      const invocations = await fixture.app.invocations(component);
      const completed = invocations.filter((each) => each.status === 'completed');
      const journals = await Promise.all(completed.map(({ id }) => fixture.app.journal(id)));
      return journals.flat();
    };
    expect(await kept('Reporter')).not.toEqual([]);
    expect(await kept('rea.DeadLetterOperator')).toEqual([]);
    expect(await kept('rea.DeadLetterSecret')).toEqual([]);
  });
});

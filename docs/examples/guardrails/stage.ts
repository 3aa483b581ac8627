import { setTimeout as pause } from 'node:timers/promises';
import type { PolicyMode } from '@rea/core';
import { SagaModule } from '@rea/saga';
import { createTestApp, type ReaTestApp } from '@rea/testing';
import type { Provider } from '@nestjs/common';
import type { Scenario, Unguarded, Use } from './scenario.js';

/** What came of using an application. */
export interface Result {
  readonly outcome: Unguarded['outcome'];
  /** An error's message, or why an invocation does not end. */
  readonly message?: string;
  /** The stable code that an error carries beside its message. */
  readonly code?: string | undefined;
}

/** What is expected of a use. */
interface Expected {
  readonly outcome: Unguarded['outcome'];
  readonly failure?: string | undefined;
}

/** An invocation that has not ended. */
interface Unfinished {
  readonly id: string;
  /** How often it was tried. */
  readonly retry_count?: number;
  readonly last_failure?: string;
}

/** How long an answer, or a failed attempt, is waited for, in milliseconds. */
const PATIENCE = 20_000;

/** After this time without an answer none is expected: others come within a tenth of it. */
const SILENCE = 1_000;

const imports = [SagaModule.forRoot({ retry: { maxAttempts: 1 } })];

/** All scenarios in one application per mode. */
export class Stage {
  private readonly apps = new Map<PolicyMode, ReaTestApp>();
  private readonly undo: (() => void)[] = [];
  private uses = 0;

  async open(scenarios: readonly Scenario[], policies: readonly PolicyMode[]): Promise<void> {
    const running = scenarios.filter((scenario) => 'providers' in scenario);
    for (const { prepare } of running) if (prepare) this.undo.push(prepare());
    const providers = running.flatMap((scenario) => scenario.providers);
    const rea = Object.assign({}, ...running.map((scenario) => scenario.rea)) as object;
    for (const policy of policies)
      this.apps.set(policy, await createTestApp({ imports, providers, rea: { ...rea, policy } }));
  }

  async close(): Promise<void> {
    await Promise.all([...this.apps.values()].map((app) => app.close()));
    for (const step of this.undo) step();
  }

  /** Uses the application of a mode, waits until nothing of it runs any more, and ends what would run for ever. */
  async use(policy: PolicyMode, what: Use, expected: Expected): Promise<Result> {
    const app = this.apps.get(policy)!;
    const key = `key-${(this.uses += 1)}`;
    const result = resultOf(what(app, key), (message) =>
      message.replaceAll(`${app.namespace}.`, '').replaceAll(key, 'a-17'),
    );
    const end = await Promise.race([result, failureOrSilence(app, expected)]);
    if (typeof end !== 'string') {
      while ((await unfinished(app)).length > 0) await pause(20);
      return end;
    }
    for (let left = await unfinished(app); left.length > 0; left = await unfinished(app)) {
      // Whoever is killed takes along what it has called.
      await Promise.allSettled(left.map(({ id }) => app.kill(id)));
    }
    await result;
    return { outcome: 'never ends', message: end };
  }

  /** Starts an application of its own, and stops it. */
  start(policy: PolicyMode, providers: readonly Provider[]): Promise<Result> {
    return resultOf(createTestApp({ imports, providers: [...providers], rea: { policy } }).then((app) => app.close()));
  }
}

/** What Restate says of the invocation that fails over and over; empty when it says nothing and nobody answers. */
async function failureOrSilence(app: ReaTestApp, { outcome, failure }: Expected): Promise<string> {
  if (failure === undefined) return pause(outcome === 'never ends' ? SILENCE : PATIENCE, '', { ref: false });
  for (const deadline = Date.now() + PATIENCE; ; await pause(100)) {
    const failing = (await unfinished(app)).filter(({ retry_count = 0 }) => retry_count > 1);
    const said = failing.map(({ last_failure = '' }) => last_failure).join('\n');
    if (said.includes(failure) || Date.now() > deadline) return said;
  }
}

async function resultOf(promise: Promise<unknown>, edit = (message: string) => message): Promise<Result> {
  try {
    await promise;
    return { outcome: 'answers' };
  } catch (error) {
    const { message, metadata, response } = error as Error & {
      readonly metadata?: Readonly<Record<string, string>>;
      readonly response?: { readonly code?: string };
    };
    return { outcome: 'fails', message: edit(message), code: response?.code ?? metadata?.['rea.code'] };
  }
}

function unfinished(app: ReaTestApp): Promise<Unfinished[]> {
  return app.query(
    `select id, retry_count, last_failure_error_code || ' ' || last_failure as last_failure from sys_invocation
     where target_service_name like '${app.namespace}.%' and status <> 'completed' order by created_at`,
  );
}

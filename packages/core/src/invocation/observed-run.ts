import type { RunOutcome } from '../events/rea-event.js';
import type { Scope } from './attempt.js';
import { asTerminalError } from './error-mapping.js';

/** One try of a run's closure: what it counts is kept when it succeeds, and how it ended is published. */
export async function observedRun(scope: Scope, name: string, next: () => Promise<void>): Promise<void> {
  const { attempt } = scope;
  if (attempt.beforeRun || !attempt.handler.events.isQuiet) return told(scope, name, next);
  await next();
  keepEffects(scope);
}

function keepEffects({ attempt, effects }: Scope): void {
  if (effects && !attempt.isLost) for (const effect of effects) effect();
}

async function told(scope: Scope, name: string, next: () => Promise<void>): Promise<void> {
  const { attempt } = scope;
  const { events } = attempt.handler;
  if (attempt.beforeRun) await attempt.beforeRun();
  const startedAt = performance.now();
  const tell = (outcome: RunOutcome, thrown?: unknown) => {
    if (name === '') return;
    events.publish('run-ended', () => ({
      ...attempt.info,
      name,
      outcome,
      durationMs: performance.now() - startedAt,
      ...(thrown instanceof Error ? { error: thrown } : {}),
    }));
  };
  try {
    await next();
  } catch (error) {
    tell(attempt.isLost ? 'cut' : asTerminalError(error) ? 'failed' : 'retrying', error);
    throw error;
  }
  const { isLost } = attempt;
  keepEffects(scope);
  tell(isLost || !attempt.active ? 'cut' : 'done');
}

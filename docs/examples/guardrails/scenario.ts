import type { Provider } from '@nestjs/common';
import type { ReaModuleOptions } from '@rea/core';
import type { ReaTestApp } from '@rea/testing';

/** Uses the application as its callers do. @param key fresh each time: an object, a workflow, an idempotency key */
export type Use = (app: ReaTestApp, key: string) => Promise<unknown>;

/** What comes of a bad form while its guardrail is off, and Restate is on its own. */
export interface Unguarded {
  readonly outcome: 'answers' | 'fails' | 'never ends';
  /** A part of what Restate says of each attempt, when attempts fail. */
  readonly failure?: string;
  /** Why that is bad. */
  readonly harm: string;
}

export interface BadForm {
  /** Tells several forms of one mistake apart. */
  readonly form: string;
  readonly provoke: Use;
  readonly unguarded: Unguarded;
}

/** A guardrail on what a running application does. */
export interface RunningScenario {
  readonly providers: readonly Provider[];
  /** Further options of `ReaModule`. Those of all scenarios are put together. */
  readonly rea?: Omit<Partial<ReaModuleOptions>, 'server' | 'policy' | 'namespace'>;
  /** What has to be done before the application starts; gives what undoes it. */
  readonly prepare?: () => () => void;
  /** It is published as seldom as it is logged in `warn`: it is found on hot paths. */
  readonly findsOncePerPlace?: boolean;
  readonly bad: readonly BadForm[];
  readonly good: readonly Use[];
}

/** A guardrail on how an application is put together: it fires at the start. */
export interface StartScenario {
  readonly start: {
    readonly bad: readonly Provider[];
    readonly good: readonly Provider[];
    /** What the application that starts nevertheless is in for. */
    readonly harm: string;
  };
}

export type Scenario = RunningScenario | StartScenario;

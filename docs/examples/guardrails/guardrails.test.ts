import { type PolicyMode, type RuleId, RULES } from '@rea/core';
import { afterAll, beforeAll, beforeEach, describe, expect, type TestContext, test } from 'vitest';
import { type Described, readGuide } from './guide.js';
import type { BadForm, Unguarded } from './scenario.js';
import { scenarios } from './scenarios.js';
import { type Result, Stage } from './stage.js';
import { Watch } from './watch.js';

/** A form of one guardrail's code, in one mode. */
interface Case {
  readonly rule: Described;
  readonly policy: PolicyMode;
  readonly form: string;
  readonly expected: Seen;
  /** For the report. */
  readonly verdict: string;
  readonly play: () => Promise<Result[]>;
  /** A part of what Restate says of each attempt. */
  readonly failure?: string | undefined;
  /** What the report says. */
  readonly tell: (results: readonly Result[]) => string;
}

/** What is seen when a form is played. */
interface Seen {
  /** Of each use: its outcome, and for an error its codes, beside and in the message. */
  readonly outcomes: readonly string[];
  /** The violation events: rule, and whether it was refused. */
  readonly findings: readonly string[];
  /** The log lines: rule. */
  readonly reports: readonly string[];
  /** Whether an invocation was tried again. */
  readonly retried: boolean;
}

const MODES: readonly PolicyMode[] = ['strict', 'warn', 'disabled'];
const SILENCE = { findings: [], reports: [], retried: false };

const guide = readGuide();
const watch = new Watch();
const stage = new Stage();

beforeAll(async () => {
  watch.start();
  await stage.open(Object.values(scenarios), MODES);
});
afterAll(async () => {
  await stage.close();
  watch.stop();
});
beforeEach(() => watch.clear());

describe('The guide', () => {
  test('lists every guardrail, with its code and severity', () => {
    const listed = guide.map(({ id, code, severity }) => ({ id, code, severity }));
    expect(listed).toEqual(Object.values(RULES).map(({ id, code, severity }) => ({ id, code, severity })));
  });

  test.for(guide)('shows $id in a bad and a good form', ({ id, section }) => {
    expect(section).toMatch(new RegExp(`Bad:\n\n<!-- snippet: docs/examples/guardrails/${id}.ts#bad -->`));
    expect(section).toMatch(new RegExp(`Good:\n\n<!-- snippet: docs/examples/guardrails/${id}.ts#good -->`));
  });

  test.for(guide)('quotes the error of $id', async (rule) => {
    const [shown] = badForms(rule, 'strict');
    const [result] = await shown!.play();
    expect(result!.message).toBe(rule.message);
  });
});

const cases = guide.flatMap((rule) =>
  MODES.flatMap((policy) => [...badForms(rule, policy), ...goodForms(rule, policy)]),
);
test.for(cases)(
  '$rule.id, $policy, $form',
  async ({ rule, policy, expected, verdict, play, failure, tell }, context) => {
    const results = await play();
    expect(seen(results, context, failure)).toEqual(expected);
    const [sentence] = tell(results).split(/(?<=\w)\. (?=[A-Z])|\n/);
    await context.annotate(`${rule.id.padEnd(20)}${policy.padEnd(10)}${verdict.padEnd(12)}${sentence}`, 'guardrail');
  },
);

/** The bad form is refused, reported, or left alone: whatever its severity asks for in this mode. */
function badForms(rule: Described, policy: PolicyMode): Case[] {
  const scenario = scenarios[rule.id as RuleId];
  if ('start' in scenario) {
    const { bad, harm } = scenario.start;
    const unguarded: Unguarded = { outcome: 'answers', harm };
    const verdict = verdictOn(rule, policy, 1, unguarded);
    return [
      { rule, policy, form: 'bad, at the start', ...verdict, play: async () => [await stage.start(policy, bad)] },
    ];
  }
  const { findsOncePerPlace = false } = scenario;
  return scenario.bad.map(({ form, provoke, unguarded }: BadForm) => {
    const times = policy === 'disabled' ? 1 : 2;
    const verdict = verdictOn(rule, policy, times, unguarded, findsOncePerPlace);
    const play = async () => {
      const results = [];
      for (let time = 0; time < times; time += 1) results.push(await stage.use(policy, provoke, verdict));
      return results;
    };
    return { rule, policy, form: `bad: ${form}`, ...verdict, play };
  });
}

/** The good form finds nothing in any mode. */
function goodForms(rule: Described, policy: PolicyMode): Case[] {
  const scenario = scenarios[rule.id as RuleId];
  const common = {
    rule,
    policy,
    form: 'good',
    expected: { outcomes: ['answers'], ...SILENCE },
    verdict: 'good form',
    tell: () => 'no finding',
  };
  if ('start' in scenario) {
    return [{ ...common, play: async () => [await stage.start(policy, scenario.start.good)] }];
  }
  return scenario.good.map((good) => ({
    ...common,
    play: async () => [await stage.use(policy, good, { outcome: 'answers' })],
  }));
}

type Verdict = Pick<Case, 'expected' | 'verdict' | 'failure' | 'tell'> & { readonly outcome: Unguarded['outcome'] };

function verdictOn(
  { id, code, severity }: Described,
  policy: PolicyMode,
  times: number,
  { outcome, failure, harm }: Unguarded,
  oncePerPlace = false,
): Verdict {
  const each = (text: string) => Array<string>(times).fill(text);
  if (policy === 'disabled') {
    const said = failure === undefined ? '' : `: ${failure}`;
    return {
      outcome,
      verdict: outcome,
      expected: { ...SILENCE, outcomes: [`${outcome}${said}`], retried: failure !== undefined },
      failure,
      tell: () => `${harm}${said}`,
    };
  }
  if (policy === 'strict' || severity === 'unsafe') {
    return {
      outcome: 'fails',
      verdict: 'refused',
      expected: { ...SILENCE, outcomes: each(`fails: ${code}, ${code} ${id}`), findings: each(`${id} refused`) },
      tell: ([result]) => result?.message ?? '',
    };
  }
  return {
    outcome: 'answers',
    verdict: 'reported',
    expected: {
      ...SILENCE,
      outcomes: each('answers'),
      findings: each(`${id} allowed`).slice(0, oncePerPlace ? 1 : times),
      reports: [`${code} ${id}`],
    },
    tell: () => watch.reports[0] ?? '',
  };
}

function seen(results: readonly Result[], { task }: TestContext, failure: string | undefined): Seen {
  const replaying = task.file.projectName === 'durable-replay';
  const findings = new Map<unknown, string>();
  for (const violation of watch.violations) {
    const { rule, refused, invocationId, what } = violation;
    // A server that always replays runs the code of one invocation several times.
    const once = replaying && invocationId !== undefined ? `${invocationId} ${what}` : violation;
    findings.set(once, `${rule.id} ${refused ? 'refused' : 'allowed'}`);
  }
  return {
    outcomes: results.map(({ outcome, code, message = '' }) => {
      if (outcome === 'fails') return `fails: ${code}, ${ruleIn(message)}`;
      return failure !== undefined && message.includes(failure) ? `${outcome}: ${failure}` : outcome;
    }),
    findings: [...findings.values()],
    reports: watch.reports.map(ruleIn),
    retried: watch.outcomes.some((outcomes) => outcomes.filter((outcome) => outcome !== 'suspended').length > 1),
  };
}

/** `REA2001 context-in-run`: how a message names its rule. */
function ruleIn(message: string): string {
  return message.split(':', 1)[0]!;
}

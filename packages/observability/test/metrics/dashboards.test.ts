import { parser } from '@prometheus-io/lezer-promql';
import { beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { type RegisteredMetric, registeredMetrics } from '../support/registered.js';
import { fileText } from '../support/repository.js';

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly description: string };
}

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly { readonly expr: string; readonly legendFormat: string }[];
}

let metrics: Map<string, RegisteredMetric>;
beforeAll(async () => {
  metrics = await registeredMetrics();
});

const dashboard = JSON.parse(fileText('docs/observability/rea-dashboard.json')) as {
  readonly panels: readonly Panel[];
};
const targets = dashboard.panels.flatMap((panel) => panel.targets ?? []);
const { groups } = parse(fileText('docs/observability/rea-alerts.yml')) as { readonly groups: { rules: Rule[] }[] };
const rules = groups.flatMap((group) => group.rules);

/** Labels of every series, which the scrape adds. */
const TARGET_LABELS = ['job', 'instance'];

/** An expression as Prometheus sees it, with Grafana's variables filled in. */
function filledIn(expr: string): string {
  return expr.replaceAll('$__rate_interval', '5m').replaceAll('$service', '.*');
}

/** What an expression names, by the kind of its part in the language. */
function partsOf(expr: string): { readonly names: string[]; readonly labels: string[]; readonly problems: string[] } {
  const text = filledIn(expr);
  const [names, labels, problems]: [string[], string[], string[]] = [[], [], []];
  parser.parse(text).iterate({
    enter(node) {
      const part = text.slice(node.from, node.to);
      if (node.type.isError) problems.push(`not PromQL at ${node.from}: ${text}`);
      if (node.name === 'Identifier') names.push(part);
      if (node.name === 'LabelName') labels.push(part);
    },
  });
  return { names, labels, problems };
}

/** Metrics that one side of a ratio or of a comparison asks for, and the other does not: without them it is blank. */
function unmatchedIn(expr: string): string[] {
  const text = filledIn(expr);
  const unmatched: string[] = [];
  parser.parse(text).iterate({
    enter({ name, node }) {
      const [left, operator, right] = [node.firstChild, node.firstChild?.nextSibling, node.lastChild];
      if (name !== 'BinaryExpr' || !['Div', 'Gtr', 'Gte', 'Lss', 'Lte'].includes(operator?.name ?? '')) return;
      const [asked, given] = [left, right].map((side) => partsOf(text.slice(side!.from, side!.to)).names);
      if (given!.length > 0) unmatched.push(...asked!.filter((metric) => !given!.includes(metric)));
    },
  });
  return unmatched;
}

/** What is wrong with an expression: none of PromQL, unknown metrics, labels that the metrics do not have. */
function problemsOf(expr: string): string[] {
  const { names, labels, problems } = partsOf(expr);
  if (names.length === 0) problems.push(`names no metric: ${expr}`);
  const known = names.map((name) => metrics.get(name) ?? histogramOf(name));
  names.forEach((name, index) => {
    if (!known[index]) problems.push(`there is no metric ${name}`);
    else if (known[index].type === 'histogram' && name === known[index].name) problems.push(`${name} is a histogram`);
  });
  for (const label of labels) {
    if (label === 'le' || TARGET_LABELS.includes(label)) continue;
    if (!known.every((metric) => metric?.labels.includes(label))) {
      problems.push(`no label ${label} in: ${expr}`);
    }
  }
  return problems;
}

function histogramOf(name: string): RegisteredMetric | undefined {
  const metric = metrics.get(name.replace(/_(bucket|sum|count)$/, ''));
  return metric?.type === 'histogram' ? metric : undefined;
}

test('What is wrong with an expression is found', () => {
  expect(problemsOf('sum by (service) (rate(rea_invocations_total[5m]))')).toEqual([]);
  expect(problemsOf('rate(rea_invocations_total[5m]')).not.toEqual([]);
  expect(problemsOf('rea_invocation_total')).toEqual(['there is no metric rea_invocation_total']);
  expect(problemsOf('sum by (key) (rea_invocations_total)')).toHaveLength(1);
  expect(problemsOf('rea_invocations_total{key="a"}')).toHaveLength(1);
  expect(problemsOf('rea_run_duration_seconds')).toEqual(['rea_run_duration_seconds is a histogram']);
});

test('A ratio or a comparison that goes blank with one of its metrics is found', () => {
  const [replays, ended] = ['rate(rea_replays_total[5m])', 'rate(rea_invocations_total[5m])'];
  expect(unmatchedIn(`${replays} > 1`)).toEqual([]);
  expect(unmatchedIn(`${replays} > 20 * ${ended} + 1`)).toEqual(['rea_replays_total']);
  expect(unmatchedIn(`${replays} / ${ended}`)).toEqual(['rea_replays_total']);
  expect(unmatchedIn(`${replays} > 20 * (${ended} or 0 * ${replays}) + 1`)).toEqual([]);
});

test('Storms show although no invocation ends', () => {
  expect([...targets, ...rules].flatMap(({ expr }) => unmatchedIn(expr))).toEqual([]);
});

test('What the server was asked for is told apart by application', () => {
  const asked = (expr: string) => /rea_dead_letters_open|rea_invocations_paused/.test(expr);
  const exprs = [...targets, ...rules].map(({ expr }) => expr).filter(asked);
  expect(exprs).toHaveLength(5);
  expect(exprs.filter((expr) => !partsOf(expr).labels.includes('job'))).toEqual([]);
  const summaries = rules.filter(({ expr }) => asked(expr)).map(({ annotations }) => annotations.summary);
  expect(summaries.filter((summary) => !summary.includes('{{ $labels.job }}'))).toEqual([]);
});

test('The first of the rare events shows, with which its series begins', () => {
  const rare = /rea_sagas_killed_total|rea_dead_letters_added_total|rea_dead_letter_changes_total/;
  const exprs = [...targets, ...rules].map(({ expr }) => expr).filter((expr) => rare.test(expr));
  expect(exprs).toHaveLength(4);
  for (const expr of exprs) expect(expr).toMatch(/ unless .*\boffset \d+[mh]/);
  const panels = targets.map(({ expr }) => expr).filter((expr) => rare.test(expr));
  for (const expr of panels) {
    const [metric] = expr.match(/rea_\w+\{.*?\}/)!;
    const isNew = `(last_over_time(${metric}[1h]) unless last_over_time(${metric}[1h] offset 1h))`;
    expect(expr.replace(/^sum( by \([\w, ]+\) )?/, '')).toBe(`(${isNew} or increase(${metric}[1h]))`);
  }
});

test('Failing looks are told whatever the interval is, up to a quarter of an hour', () => {
  const { expr } = rules.find(({ alert }) => alert === 'ReaWatchFailing')!;
  const [, hours, least, recent] = expr.match(/\[(\d+)h\]\)\) >= (\d+) and .*\[(\d+)m\]\)\) > 0$/) ?? [];
  expect((Number(hours) * 60) / 15).toBeGreaterThan(Number(least));
  expect(Number(recent)).toBeGreaterThan(15);
});

test('The dashboard asks for metrics and labels that there are', () => {
  expect(targets.flatMap(({ expr }) => problemsOf(expr))).toEqual([]);
});

test('The dashboard shows every metric', () => {
  const shown = new Set(targets.flatMap(({ expr }) => partsOf(expr).names));
  const hidden = [...metrics.values()].filter(
    ({ name, type }) => !shown.has(type === 'histogram' ? `${name}_bucket` : name),
  );
  expect(hidden.map(({ name }) => name)).toEqual([]);
});

test('The dashboard names only labels in its legends that its series have', () => {
  for (const { expr, legendFormat } of targets) {
    const grouped = new Set(partsOf(expr).labels);
    for (const [, label] of legendFormat.matchAll(/\{\{(\w+)\}\}/g))
      expect([expr, grouped.has(label!)]).toEqual([expr, true]);
  }
});

test('The panels of the dashboard have ids of their own and do not overlap', () => {
  const { panels } = dashboard;
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
    Array.from({ length: w * h }, (_, index) => `${x + (index % w)} ${y + Math.floor(index / w)}`),
  );
  expect(new Set(cells).size).toBe(cells.length);
  expect(Math.max(...panels.map(({ gridPos: { x, w } }) => x + w))).toBeLessThanOrEqual(24);
});

test('The alert rules ask for metrics and labels that there are', () => {
  expect(rules.flatMap(({ expr }) => problemsOf(expr))).toEqual([]);
});

test('The alert rules say how grave it is, what it means and what to do', () => {
  for (const { alert, labels, annotations } of rules) {
    expect(alert).toMatch(/^Rea[A-Z][A-Za-z]+$/);
    expect(['warning', 'critical']).toContain(labels.severity);
    expect(annotations.summary).not.toBe('');
    expect(annotations.description).toMatch(/\.$/);
  }
  expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length);
  expect(rules.map(({ alert }) => alert)).toEqual(
    expect.arrayContaining(['ReaDeadLettersGrowing', 'ReaInvocationsPaused', 'ReaReplayStorm']),
  );
});

test('The alert rules name only labels in their texts that their series have', () => {
  for (const { alert, expr, annotations } of rules) {
    const grouped = new Set(partsOf(expr).labels);
    const texts = `${annotations.summary} ${annotations.description}`;
    for (const [, label] of texts.matchAll(/\$labels\.(\w+)/g))
      expect([alert, grouped.has(label!)]).toEqual([alert, true]);
  }
});

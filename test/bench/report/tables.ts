import type { AloneRow } from '../alone/alone-row.js';
import type { HeapRow } from '../heap/heap-row.js';
import type { ServerRow } from '../server/server-row.js';
import type { StartupRow } from '../startup/startup-row.js';
import type { Spread } from '../statistics.js';
import { table } from './table.js';
import { aloneTarget, HEAP_TARGET, startupTarget, verdict } from './targets.js';

const MEBIBYTE = 1_048_576;

export function aloneTable(rows: readonly AloneRow[]): string {
  return table(
    ['workload', 'subject', 'baseline µs', 'µs', 'ratio', 'quartiles', 'target', ''],
    rows.map((row) => {
      const target = aloneTarget(row);
      return [
        row.workload,
        row.subject,
        row.baseline.toFixed(1),
        row.time.toFixed(1),
        row.ratio.median.toFixed(3),
        `${row.ratio.from.toFixed(3)}..${row.ratio.to.toFixed(3)}`,
        target?.toFixed(2) ?? '',
        verdict(row) ?? '',
      ];
    }),
  );
}

export function serverTable(rows: readonly ServerRow[]): string {
  return table(
    [
      'workload',
      'connections',
      'subject',
      'req/s',
      'p50 ms',
      'p99 ms',
      'CPU ms',
      'baseline',
      'CPU ratio',
      'req/s ratio',
    ],
    rows.map((row) => [
      row.workload,
      String(row.connections),
      row.subject,
      row.requestsPerSecond.toFixed(0),
      row.p50.toFixed(1),
      row.p99.toFixed(1),
      row.cpu.toFixed(3),
      row.baseline,
      ratio(row.cpuRatio),
      ratio(row.throughputRatio),
    ]),
  );
}

export function startupTable(rows: readonly StartupRow[]): string {
  return table(
    ['handlers', 'without ms', 'with ms', 'added ms', 'quartiles', 'target', ''],
    rows.map((row) => [
      String(row.handlers),
      row.without.toFixed(1),
      row.with.toFixed(1),
      row.added.median.toFixed(1),
      `${row.added.from.toFixed(1)}..${row.added.to.toFixed(1)}`,
      startupTarget(row)?.toFixed(0) ?? '',
      verdict(row) ?? '',
    ]),
  );
}

export function heapTable(rows: readonly HeapRow[]): string {
  return table(
    ['service', 'invocations', 'before MiB', 'after MiB', 'growth', 'target', ''],
    rows.map((row) => [
      row.scope,
      String(row.invocations),
      (row.before / MEBIBYTE).toFixed(2),
      (row.after / MEBIBYTE).toFixed(2),
      `${(row.growth * 100).toFixed(2)} %`,
      `${HEAP_TARGET * 100} %`,
      verdict(row) ?? '',
    ]),
  );
}

function ratio({ median, from, to }: Spread): string {
  return `${median.toFixed(2)} (${from.toFixed(2)}..${to.toFixed(2)})`;
}

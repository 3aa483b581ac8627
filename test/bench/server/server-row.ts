import type { Spread } from '../statistics.js';
import type { SubjectId } from '../subjects/subject.js';
import type { Workload } from '../workload.js';

/** One subject under one load, through the real server: medians over the rounds. */
export interface ServerRow {
  readonly stage: 'server';
  readonly workload: Workload;
  readonly connections: number;
  readonly subject: SubjectId;
  /** What the ratios are to. */
  readonly baseline: SubjectId;
  readonly requestsPerSecond: number;
  /** In milliseconds. */
  readonly p50: number;
  readonly p99: number;
  /** Of the endpoint's process, per invocation, in milliseconds. */
  readonly cpu: number;
  /** CPU against the baseline in the same round. */
  readonly cpuRatio: Spread;
  /** Requests per second against the baseline in the same round. */
  readonly throughputRatio: Spread;
}

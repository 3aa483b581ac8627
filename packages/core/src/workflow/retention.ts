import type { Duration } from '@restatedev/restate-sdk';
import type { RetentionOptions, RetentionProfile, WorkflowOptions } from '../decorators/component.options.js';
import type { Limits } from '../rea.options.js';

/** The profiles of the Go framework, by their sizes and days. */
const PROFILES: Readonly<Record<RetentionProfile, Required<RetentionOptions>>> = {
  standard: { days: 30, stateBytes: 1_048_576, clearState: false },
  production: { days: 90, stateBytes: 10_485_760, clearState: false },
  'high-volume': { days: 7, stateBytes: 524_288, clearState: true },
};

const SHORTEST_RETENTION = 1;
const LONGEST_RETENTION = 90;
const UNUSUALLY_SHORT = 7;
const UNUSUALLY_LONG = 60;

/** State is refused from this multiple of the size from which it is reported, so that there is time to hear of it. */
const ROOM_TO_GROW = 2;

/** In bytes. Restate takes messages up to 32 MiB, the state's name and frame included. */
const LARGEST_STATE = 31_000_000;

/** Sizes in bytes. */
export type StateLimits = Pick<Limits, 'warnBytes' | 'maxBytes'>;

/** A workflow's retention in detail; undefined when none is declared, or an unknown profile. */
export function retentionOf(retention: WorkflowOptions['retention']): RetentionOptions | undefined {
  return typeof retention === 'string' ? PROFILES[retention] : retention;
}

/** Sizes from which a state value is reported and refused: those of its retention, else the module's. */
export function stateLimits(retention: WorkflowOptions['retention'], limits: Limits): StateLimits {
  const stateBytes = retentionOf(retention)?.stateBytes;
  if (stateBytes === undefined) return limits;
  const refused = Math.min(stateBytes * ROOM_TO_GROW, LARGEST_STATE);
  return { warnBytes: stateBytes, maxBytes: Math.max(limits.maxBytes, refused) };
}

/** The service options of Restate that a declared retention stands for. */
export function retentionOptions(retention: WorkflowOptions['retention']): { workflowRetention?: Duration } {
  const resolved = retentionOf(retention);
  return resolved ? { workflowRetention: { days: resolved.days } } : {};
}

/** Why a retention cannot work; undefined when it can. */
export function retentionProblem(retention: WorkflowOptions['retention']): string | undefined {
  if (retention === undefined) return undefined;
  const resolved = retentionOf(retention);
  if (!resolved) {
    return `has the retention ${JSON.stringify(retention)}; the profiles are ${Object.keys(PROFILES).join(', ')}`;
  }
  const { days, stateBytes = 0 } = resolved;
  if (!(stateBytes >= 0 && stateBytes <= LARGEST_STATE)) {
    return `has a retention with stateBytes of ${stateBytes}; it is 0 to ${LARGEST_STATE} bytes`;
  }
  if (!(Number.isFinite(days) && days >= SHORTEST_RETENTION && days <= LONGEST_RETENTION)) {
    return `has a retention of ${days} days; it is ${SHORTEST_RETENTION} to ${LONGEST_RETENTION} days`;
  }
  return undefined;
}

/** What is unusual about a retention that works; undefined when nothing is. */
export function retentionWarning(retention: WorkflowOptions['retention']): string | undefined {
  const days = typeof retention === 'object' ? retention.days : undefined;
  if (days === undefined) return undefined;
  if (days < UNUSUALLY_SHORT) return `keeps finished workflows for ${days} days; late questions find nothing`;
  if (days > UNUSUALLY_LONG) return `keeps finished workflows for ${days} days; they take disk space on the server`;
  return undefined;
}

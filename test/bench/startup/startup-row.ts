import type { Spread } from '../statistics.js';

/** Starting an application with this many handlers, in milliseconds. */
export interface StartupRow {
  readonly stage: 'startup';
  readonly handlers: number;
  /** A Nest application with the same classes as plain providers, and the SDK alone. */
  readonly without: number;
  readonly with: number;
  /** What Rea adds, in pairs of processes. */
  readonly added: Spread;
}

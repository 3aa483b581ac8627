import { ReaError } from './rea.error.js';

/** The oldest Node that the Restate SDK works on (it needs `Promise.withResolvers`). */
const OLDEST_NODE = 22;

/** On an older Node the application would start and register, and then every invocation would hang. */
export class UnsupportedNodeError extends ReaError {
  readonly code = 'REA1000';
}

/** @throws UnsupportedNodeError @param version as in `process.versions.node` */
export function checkNode(version: string): void {
  if (Number.parseInt(version, 10) >= OLDEST_NODE) return;
  throw new UnsupportedNodeError(
    `REA1000: Rea needs Node ${OLDEST_NODE} or newer, and this is Node ${version}, on which Restate invocations would hang. Upgrade Node, or pin one through npm: npm install --save-dev node@24.`,
  );
}

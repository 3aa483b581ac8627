/**
 * Installs the determinism guard as a side effect: `node --import @rea/core/determinism-guard dist/main.js`. Not in
 * production, unless `REA_DETERMINISM_GUARD=on`; `off` keeps it out everywhere.
 *
 * @packageDocumentation
 */
import { installDeterminismGuard } from './determinism/install.js';
import { isGuardWanted } from './determinism/guard-switch.js';

if (isGuardWanted(process.env)) installDeterminismGuard();

import type { AloneRow } from '../alone/alone-row.js';
import type { HeapRow } from '../heap/heap-row.js';
import type { ServerRow } from '../server/server-row.js';
import type { StartupRow } from '../startup/startup-row.js';

/** A result, told apart by its `stage`. */
export type Row = ServerRow | AloneRow | StartupRow | HeapRow;

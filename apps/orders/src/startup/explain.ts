import { DataDirectoryInUseError } from '@rea/server';
import { SettingsError } from '../config/settings.error.js';
import { PortTakenError } from './port-taken.error.js';

/** One line for errors that say themselves what to do; the stack of any other. */
export function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof DataDirectoryInUseError) {
    return `Another order app (process ${error.holderPid ?? 'unknown'}) works with ${error.directory}. Stop it, or use other data: DATA_DIRECTORY=.rea/other npm start`;
  }
  const ofRea = 'code' in error && String(error.code).startsWith('REA');
  if (ofRea || error instanceof SettingsError || error instanceof PortTakenError) return error.message;
  return error.stack ?? error.message;
}

import { Settings } from './settings.js';
import { SettingsError } from './settings.error.js';

/** @throws SettingsError naming each variable that is wrong */
export function readSettings(environment: Readonly<Record<string, unknown>>): Settings {
  const { data, error } = Settings.safeParse(environment);
  if (error) throw new SettingsError(error.issues);
  return data;
}

import { type Serde, serde } from '@restatedev/restate-sdk';

/** The format of the dead letters' own components, whatever the application's default is: SQL reads their state. */
export const JSON_FORMAT = serde.json as Serde<unknown>;

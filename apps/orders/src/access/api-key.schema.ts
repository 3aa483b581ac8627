import { z } from 'zod';

/** A key, and whose it is. */
export interface ApiKey {
  readonly name: string;
  readonly key: string;
}

const ENTRY = /^([\w.-]{1,100}):([\w.~+/=-]{16,200})$/;

/** `ada:<key>,bob:<key>`; a name may have several keys while one replaces the other. */
export const ApiKeys = z.string().transform((list, context): readonly ApiKey[] =>
  list.split(',').flatMap((entry) => {
    const [, name, key] = ENTRY.exec(entry.trim()) ?? [];
    if (name !== undefined && key !== undefined) return [{ name, key }];
    // Without the entry itself: it is a secret, and this goes to the log.
    context.addIssue(
      'has to be a list of name:key, each key with 16 to 200 characters, for example ada:<key>,bob:<key>',
    );
    return [];
  }),
);

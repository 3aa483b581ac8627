import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type ts from 'typescript';
import { beforeAll, describe, expect, test } from 'vitest';
import '../../../../test/support/claim.js';
import { editorOf, messagesOn } from '../support/editor.js';

const here = dirname(fileURLToPath(import.meta.url));

const HEADER = `
import type { Readable } from 'node:stream';
import type { StreamableFile } from '@nestjs/common';
import type { Observable } from 'rxjs';
import { type Context, type ObjectContext, serde } from '@restatedev/restate-sdk';
import { Handler, type Journaled, type Restored, Service, state, stateKey, InjectClient, type ObjectClient, type ServiceClient, VirtualObject } from '@rea/core';
import { z } from 'zod';
`;

const handler = (input: string, output: string, options = '') => `
@Service()
export class Sample {
  @Handler(${options})
  async handle(_ctx: Context${input === '' ? '' : `, _input: ${input}`}): Promise<${output}> { throw new Error(); }
}`;

const ARRIVES = 'The input arrives as JSON gives it, where a Date is a string';
const CARRIES = 'JSON cannot carry an input of this type';
const STREAM = 'An Observable, a stream, an async iterator or an HTTP response cannot be the output of a handler';

/** What does not compile, and the words of the compiler. */
const REFUSED: readonly [string, string, string][] = [
  ['a date as input', handler('Date', 'void'), ARRIVES],
  ['a date inside of an input', handler('{ at: Date }', 'void'), ARRIVES],
  ['a date in an array', handler('{ at: Date[] }', 'void'), ARRIVES],
  ['a map as input', handler('Map<string, number>', 'void'), ARRIVES],
  ['a set inside of an input', handler('{ tags: Set<string> }', 'void'), ARRIVES],
  ['a method of an input', handler('{ format(): string }', 'void'), ARRIVES],
  ['undefined in an array', handler('(string | undefined)[]', 'void'), ARRIVES],
  ['bytes as input', handler('Uint8Array', 'void'), ARRIVES],
  ['a bigint as input', handler('bigint', 'void'), CARRIES],
  ['a function as input', handler('() => void', 'void'), CARRIES],
  [
    'an input schema that callers cannot use',
    handler('number', 'void', '{ input: z.string().transform(Number) }'),
    'Callers pass the type of the parameter as JSON, which this input schema does not read',
  ],
  [
    'an input schema of dates without a codec',
    handler('{ at: Date }', 'void', '{ input: z.object({ at: z.date() }) }'),
    'Callers pass the type of the parameter as JSON, which this input schema does not read',
  ],
  [
    'an output schema that converts',
    handler('', 'string', '{ output: z.string().transform(Number) }'),
    'Callers have the type that the method returns, and this output schema makes another one of it',
  ],
  ['an Observable', handler('', 'Observable<number>'), STREAM],
  ['a stream', handler('', 'Readable'), STREAM],
  ['a stream of the web', handler('', 'ReadableStream'), STREAM],
  ['a streamable file', handler('', 'StreamableFile'), STREAM],
  ['a response', handler('', 'Response'), STREAM],
  ['what has the methods of an Observable', handler('', '{ subscribe(): void; pipe(): void }'), STREAM],
  ['an async iterator', handler('', 'AsyncIterable<number>'), STREAM],
  ['one of several outputs', handler('', 'number | Observable<number>'), STREAM],
  ['a function', handler('', '() => void'), 'A function cannot be the output of a handler'],
  ['a bigint', handler('', 'bigint'), 'JSON has no bigint and no symbol'],
  ['bytes', handler('', 'Uint8Array'), 'JSON makes an object of numbers of bytes'],
  ['a map in state', `export const k = stateKey<Map<string, number>>('k');`, 'JSON does not hold a Map'],
  ['a set inside of state', `export const k = stateKey<{ tags: Set<string>[] }>('k');`, 'JSON does not hold a Set'],
  [
    'a bigint in state',
    `export const k = stateKey<{ n: bigint }>('k', { version: 1 });`,
    'JSON does not hold a bigint',
  ],
  ['a function in state', `export const k = stateKey<() => void>('k');`, 'JSON does not hold a function'],
  [
    'a map in state, with a default',
    `export const k = stateKey<Map<string, number>>('k', { default: () => ({}) });`,
    'JSON does not hold a Map',
  ],
  [
    'a state schema that does not read what it makes',
    `export const k = stateKey('k', { schema: z.string().transform((text) => text.length) });`,
    'This schema does not read the JSON of what it makes',
  ],
  [
    'a state schema of dates without a codec',
    `export const k = stateKey('k', { schema: z.object({ at: z.date() }), default: () => ({ at: new Date(0) }) });`,
    'This schema does not read the JSON of what it makes',
  ],
  [
    'a date that is read from state as text',
    `const k = stateKey<Date>('k'); declare const ctx: ObjectContext; export const year = async () => (await state(ctx, k).get())?.getFullYear();`,
    "Property 'getFullYear' does not exist on type 'string'",
  ],
  [
    'a date that a client gets as text',
    `declare class Bank { receipt(ctx: Context): Promise<{ at: Date }>; } declare const bank: ServiceClient<Bank>; export const year = async () => (await bank.call.receipt()).at.getFullYear();`,
    "Property 'getFullYear' does not exist on type 'string'",
  ],
  [
    'a client of another kind',
    `@VirtualObject() class Cart { @Handler() async add(_ctx: ObjectContext): Promise<void> {} } @Service() export class Shop { constructor(@InjectClient(Cart) readonly carts: ServiceClient<Cart>) {} @Handler() async buy(_ctx: Context): Promise<void> {} }`,
    'This is not the type of the client of this component',
  ],
];

/** What compiles. */
const ACCEPTED: readonly [string, string][] = [
  ['what others subscribe to', handler('', '{ plan: string; subscribe(): void }')],
  ['an async iterable with toJSON', handler('', 'AsyncIterable<number> & { toJSON(): number[] }')],
  ['an observable with toJSON', handler('', '{ subscribe(): void; pipe(): void; toJSON(): string }')],
  ['what JSON gives', handler('Journaled<{ at: Date }>', '{ at: Date }')],
  ['plain data', handler('{ a: number; b?: string[]; c: unknown; d: null | Record<string, boolean> }', 'unknown')],
  ['any and unknown', handler('unknown', 'any') + handler('any', 'void').replaceAll('Sample', 'Other')],
  ['a union of texts', handler("'a' | 'b'", 'number | undefined')],
  ['a recursive type', `interface Tree { children: Tree[] }` + handler('Tree', 'Tree')],
  ['an input with a codec', handler('{ at: Date }', 'void', '{ input: z.object({ at: z.coerce.date() }) }')],
  ['bytes with a serde', handler('Uint8Array', 'Uint8Array', '{ input: serde.binary, output: serde.binary }')],
  ['what a serde of the component restores', handler('Restored<Date>', 'Restored<Date>')],
  [
    'an output schema with a default',
    handler('', '{ a?: string }', "{ output: z.object({ a: z.string().default('d') }) }"),
  ],
  ['an error report', handler('', '{ name: string; message: string }')],
  ['a date in state', `export const k = stateKey<Date>('k');`],
  ['a map with a serde', `export const k = stateKey<Uint8Array>('k', { serde: serde.binary });`],
  [
    'a codec in state',
    `export const k = stateKey('k', { schema: z.codec(z.array(z.string()), z.set(z.string()), { decode: (list) => new Set(list), encode: (set) => [...set] }) });`,
  ],
  [
    'a codec inside of a state schema',
    `const Tags = z.codec(z.array(z.string()), z.set(z.string()), { decode: (list) => new Set(list), encode: (set) => [...set] });
     export const k = stateKey('k', { schema: z.object({ tags: z.array(Tags).optional() }) });`,
  ],
];

const file = (kind: string, index: number) => join(here, `${kind}-${index}.ts`);
let editor: ts.LanguageService;

beforeAll(() => {
  const files = new Map<string, string>();
  for (const [index, [, source]] of REFUSED.entries()) files.set(file('refused', index), HEADER + source);
  for (const [index, [, source]] of ACCEPTED.entries()) files.set(file('accepted', index), HEADER + source);
  editor = editorOf(files);
  messagesOn(editor, file('accepted', 0));
}, 180_000);

describe('The compiler', { meta: { claim: 'journaled' }, timeout: 60_000 }, () => {
  const words = REFUSED.map(([what, , message], index) => ({ what, message, index }));
  test.for(words)('refuses in words: $what', ({ message, index }) => {
    expect(messagesOn(editor, file('refused', index)).join('\n')).toContain(message);
  });

  const accepted = ACCEPTED.map(([what], index) => ({ what, index }));
  test.for(accepted)('accepts $what', ({ index }) => {
    expect(messagesOn(editor, file('accepted', index))).toEqual([]);
  });
});

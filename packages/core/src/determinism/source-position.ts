import { readFileSync } from 'node:fs';
import { findSourceMap, SourceMap } from 'node:module';
import { relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** A place in a source file. */
export interface SourcePosition {
  /** A path, or a `file:` URL. */
  readonly file: string;
  /** For messages: `src/orders/checkout.service.ts:41:18`. */
  readonly place: string;
}

/** Line and column count from 1. */
interface Position {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

const positions = new Map<string, SourcePosition>();
const maps = new Map<string, SourceMap | undefined>();

/**
 * Where a call stands in the source as it was written: through the source map that Node has loaded
 * (`--enable-source-maps`), through the one that the file names, or through whatever maps stack traces in this process
 * (Vitest, ts-node). Without any, where it stands in the file that runs.
 */
export function sourcePosition(file: string, site: NodeJS.CallSite): SourcePosition {
  const line = site.getLineNumber() ?? 0;
  const column = site.getColumnNumber() ?? 0;
  const key = `${file}:${line}:${column}`;
  let known = positions.get(key);
  if (!known) {
    const generated = { file, line, column };
    const position = mapped(generated) ?? asPrinted(site) ?? generated;
    known = { file: position.file, place: describe(position) };
    positions.set(key, known);
  }
  return known;
}

function mapped({ file, line, column }: Position): Position | undefined {
  const entry = mapOf(file)?.findEntry(line - 1, column - 1);
  if (!entry || !('originalSource' in entry)) return undefined;
  const source = new URL(entry.originalSource, toUrl(file)).href;
  return { file: source, line: entry.originalLine + 1, column: entry.originalColumn + 1 };
}

function mapOf(file: string): SourceMap | undefined {
  const known = findSourceMap(file);
  if (known) return known;
  if (!maps.has(file)) maps.set(file, readMap(file));
  return maps.get(file);
}

/** Node keeps no maps unless it was told to when the file was loaded. */
function readMap(file: string): SourceMap | undefined {
  try {
    const url = /\/\/# sourceMappingURL=(\S+)\s*$/.exec(readFileSync(toPath(file), 'utf8'))?.[1];
    if (url === undefined) return undefined;
    const inline = /^data:[^,]*;base64,(.*)$/.exec(url)?.[1];
    const text =
      inline === undefined ? readFileSync(new URL(url, toUrl(file)), 'utf8') : Buffer.from(inline, 'base64').toString();
    return new SourceMap(JSON.parse(text));
  } catch {
    return undefined; // no file, no map, or one that cannot be read: the place in the running file has to do
  }
}

/** Who maps stack traces prints mapped positions. */
function asPrinted(site: NodeJS.CallSite): Position | undefined {
  const text: unknown = Error.prepareStackTrace?.(new Error(), [site]);
  const [, file, line, column] = /(?:\(|at |^)((?:file:\/\/)?\/?[^()\n]+?):(\d+):(\d+)\)?\s*$/.exec(String(text)) ?? [];
  return file === undefined ? undefined : { file, line: Number(line), column: Number(column) };
}

function describe({ file, line, column }: Position): string {
  const path = toPath(file);
  const short = relative(process.cwd(), path);
  return `${short.startsWith('..') ? path : short}:${line}:${column}`;
}

function toUrl(file: string): URL {
  return file.startsWith('file:') ? new URL(file) : pathToFileURL(file);
}

function toPath(file: string): string {
  return file.startsWith('file:') ? fileURLToPath(file) : file;
}

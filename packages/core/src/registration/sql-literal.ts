/** A text as a literal for a query by the admin API. Quotes are the only characters with a meaning inside one. */
export function sqlLiteral(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** Texts as the inside of an SQL `in (...)`. */
export function sqlList(texts: readonly string[]): string {
  return texts.map(sqlLiteral).join(', ');
}

/** What `rollback` answers once it has taken its steps back. */
export function rolledBack(error: unknown): string {
  if (error instanceof Error && error.name === 'TerminalError') return 'rolled back';
  throw error;
}

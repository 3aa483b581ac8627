const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

/**
 * Calls the listener when the process is asked to end and somebody handles that (`app.enableShutdownHooks()`): Nest
 * begins its shutdown only once the bootstrap has settled. Without a handler the signal ends the process by itself, which
 * a listener would prevent. Returns the function that removes it.
 */
export function onShutdownSignal(listener: () => void): () => void {
  const handled = SIGNALS.filter((signal) => process.listenerCount(signal) > 0);
  for (const signal of handled) process.once(signal, listener);
  return () => {
    for (const signal of handled) process.off(signal, listener);
  };
}

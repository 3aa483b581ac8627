/** Waits until `done` is called, or so long. @param patience in milliseconds */
export function atMost(patience: number, start: (done: () => void) => void): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, patience);
    start(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}

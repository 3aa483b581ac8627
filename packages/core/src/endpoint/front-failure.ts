import type { EventEmitter } from 'node:events';
import type { Server } from 'node:http';

/**
 * Runs a clean-up when the application's HTTP front cannot open (its port is taken), before anybody learns of it. An
 * application usually dies of that error at once, and would leave the Restate server with a deployment that leads nowhere.
 */
export function onFrontFailure(front: Server, cleanUp: () => Promise<void>): void {
  const emit: EventEmitter['emit'] = front.emit.bind(front);
  const restore = () => {
    front.emit = emit;
  };
  front.once('listening', restore);
  front.emit = (event: string | symbol, ...args: unknown[]): boolean => {
    if (event !== 'error') return emit(event, ...args);
    restore();
    void cleanUp().finally(() => emit(event, ...args));
    return true;
  };
}

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** An order app for one load only. */
export interface TemporaryApp {
  readonly url: string;
  /** Stops it and removes its data. */
  stop(): Promise<void>;
}

/**
 * Starts the order app in this process, on a free port, with a Restate server and data of its own: whatever happens to
 * this process, nothing of it runs on.
 */
export async function startTemporaryApp(): Promise<TemporaryApp> {
  const directory = await mkdtemp(join(tmpdir(), 'orders-load-'));
  const remove = () => rm(directory, { recursive: true, force: true });
  try {
    delete process.env['RESTATE_INGRESS_URL'];
    delete process.env['RESTATE_ADMIN_URL'];
    Object.assign(process.env, {
      PORT: '0',
      DATA_DIRECTORY: directory,
      LOG_LEVEL: process.env['LOG_LEVEL'] ?? 'error',
    });
    // Importing it reads the settings, so it comes after they are set.
    const { createApp } = await import('../startup/create-app.js');
    const app = await createApp();
    const stop = async () => {
      await app.close();
      await remove();
    };
    try {
      await app.listen(0);
      return { url: (await app.getUrl()).replace('[::1]', '127.0.0.1'), stop };
    } catch (error) {
      await app.close();
      throw error;
    }
  } catch (error) {
    await remove();
    throw error;
  }
}

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { PEER_FOLDER, peerIsInstalled } from './subjects/load-subject.js';

/** Installs the peer into its folder by its lockfile, once. Tells whether it is there: without a network it is not. */
export function installPeer(): boolean {
  if (peerIsInstalled()) return true;
  spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: fileURLToPath(PEER_FOLDER),
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return peerIsInstalled();
}

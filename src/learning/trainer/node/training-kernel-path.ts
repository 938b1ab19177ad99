import { join } from 'node:path';
import { packageRoot } from '../../../common/installation.js';

/** The training kernel this installation was built with. */
export function trainingKernelPath(): string {
  return join(packageRoot(), 'dist', 'training', 'training.wasm');
}

import { join } from 'node:path';
import { packageRoot } from '../../common/installation.js';

/** The kernel file this installation was built with. */
export function kernelPath(): string {
  return join(packageRoot(), 'dist', 'kernel', 'kernel.wasm');
}

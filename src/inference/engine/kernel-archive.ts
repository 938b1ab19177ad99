import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Injectable } from '@nestjs/common';
import { writeDurably } from '../../common/durable-files.js';
import { nativeSha256Hex } from '../../common/native-hash.js';
import { AppConfig } from '../../config/index.js';
import { kernelPath } from './kernel-path.js';

/** Keeps every kernel that answered here, by its hash, so that old receipts can be bundled after an upgrade. */
@Injectable()
export class KernelArchive {
  private readonly folder: string;

  constructor(config: AppConfig) {
    this.folder = join(config.dataDir, 'kernels');
  }

  /** Keeps this installation's kernel, if it still is the one with that hash. */
  async keep(hash: string): Promise<void> {
    if ((await this.read(hash)) !== null) return;
    const bytes = await readFile(kernelPath());
    if (nativeSha256Hex(bytes) !== hash) return;
    await mkdir(this.folder, { recursive: true });
    await writeDurably(this.folder, [{ target: this.path(hash), content: bytes }]);
  }

  /** The bytes of a kernel; null when it is not here or was altered. */
  async read(hash: string): Promise<Uint8Array | null> {
    const bytes = await readFile(this.path(hash)).catch(() => null);
    return bytes !== null && nativeSha256Hex(bytes) === hash ? bytes : null;
  }

  private path(hash: string): string {
    return join(this.folder, `${hash}.wasm`);
  }
}

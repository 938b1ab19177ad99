import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { CodedError } from '../../../common/index.js';
import { nativeSha256Hex } from '../../../common/native-hash.js';

/** The kernel's bytes and their SHA-256. */
export interface KernelFile {
  readonly bytes: Buffer<ArrayBuffer>;
  readonly kernelHash: string;
}

/** Reads the kernel that was built, and compares it with the hash beside it. Rejects with `KERNEL_MISSING` or `KERNEL_CHANGED` (503). */
export async function readKernel(path: string): Promise<KernelFile> {
  const missing = (thrown: unknown): never => {
    throw new CodedError('KERNEL_MISSING', `the kernel cannot be read at ${path}`, { path }, 503, {
      cause: thrown,
    });
  };
  const bytes = await readFile(path).catch(missing);
  const recorded = (await readFile(join(dirname(path), 'kernel.sha256'), 'utf8').catch(missing)).trim();
  const kernelHash = nativeSha256Hex(bytes);
  if (kernelHash !== recorded) {
    const message = `the kernel at ${path} is not the one that was built`;
    throw new CodedError('KERNEL_CHANGED', message, { expected: recorded, actual: kernelHash }, 503);
  }
  return { bytes, kernelHash };
}

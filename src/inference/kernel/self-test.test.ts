import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { sha256Bytes } from '../../common/index.js';
import { createKernelMemory, Kernel } from './kernel.js';
import { SELF_TEST_VECTOR, selfTest } from './self-test.js';

const path = fileURLToPath(new URL('../../../dist/kernel/kernel.wasm', import.meta.url));

describe('self-test', () => {
  it('meets its known vector with hashing in portable JavaScript, too', () => {
    const kernel = Kernel.create(new WebAssembly.Module(readFileSync(path)), createKernelMemory(), 1);
    expect(selfTest(kernel, sha256Bytes)).toEqual({
      ok: true,
      detail: 'known vector met with 1 and 1 thread(s)',
      expected: SELF_TEST_VECTOR,
      actual: SELF_TEST_VECTOR,
    });
    expect(kernel.heap.usedBytes).toBe(0);
  });
});

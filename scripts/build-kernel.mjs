// Compiles the kernel to dist/kernel/kernel.wasm and writes its SHA-256 beside it. The same source gives the same bytes: the
// kernel is named by its hash in every receipt.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';
import { KERNEL_OPTIONS } from './kernel-options.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const output = 'dist/kernel/kernel.wasm';
mkdirSync(new URL('../dist/kernel/', import.meta.url), { recursive: true });

const { error, stderr } = await asc.main([
  'src/inference/kernel/assembly/index.ts',
  ...['--baseDir', root, '--outFile', output],
  ...KERNEL_OPTIONS,
]);
if (error) {
  console.error(stderr.toString());
  process.exit(1);
}
const hash = createHash('sha256')
  .update(readFileSync(new URL(`../${output}`, import.meta.url)))
  .digest('hex');
writeFileSync(new URL('../dist/kernel/kernel.sha256', import.meta.url), `${hash}\n`);
console.log(`kernel ${hash}`);

// Compiles the training kernel to dist/training/training.wasm and writes its SHA-256 beside it: manifests of trained experts name it.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

const folder = new URL('../dist/training/', import.meta.url);
mkdirSync(folder, { recursive: true });
const { error, stderr } = await asc.main([
  'src/learning/trainer/assembly/index.ts',
  ...['--baseDir', fileURLToPath(new URL('..', import.meta.url)), '--outFile', 'dist/training/training.wasm'],
  ...['-O3', '--noAssert', '--runtime', 'stub', '--enable', 'simd,threads', '--disableWarning', '112'],
  ...['--importMemory', '--sharedMemory', '--initialMemory', '2', '--maximumMemory', '65536'],
]);
if (error) {
  console.error(stderr.toString());
  process.exit(1);
}
const hash = createHash('sha256')
  .update(readFileSync(new URL('training.wasm', folder)))
  .digest('hex');
writeFileSync(new URL('training.sha256', folder), `${hash}\n`);
console.log(`training kernel ${hash}`);

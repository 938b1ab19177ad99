// Compiles the bulk signature verifier to dist/verifier/secp256k1.wasm.
import { mkdirSync } from 'node:fs';
import asc from 'assemblyscript/asc';

mkdirSync(new URL('../dist/verifier/', import.meta.url), { recursive: true });
const { error, stderr } = await asc.main([
  'src/chain/verify/assembly/index.ts',
  '--outFile=dist/verifier/secp256k1.wasm',
  '--optimizeLevel=3',
  '--noAssert',
  '--runtime=stub',
]);
if (error) {
  console.error(stderr.toString());
  process.exit(1);
}

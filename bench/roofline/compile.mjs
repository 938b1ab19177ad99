// Compiles the small programs that measure the machine itself.
import asc from 'assemblyscript/asc';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** `assembly/<name>.ts` as a module of WebAssembly; `more` are options of the AssemblyScript compiler. */
export async function compileAssembly(name, folder, more = []) {
  const source = fileURLToPath(new URL(`assembly/${name}.ts`, import.meta.url));
  const file = join(folder, `${name}.wasm`);
  const { error, stderr } = await asc.main([
    ...[source, '--baseDir', '/', '--outFile', file, ...more],
    ...['-O3', '--noAssert', '--runtime', 'stub', '--enable', 'simd,threads,relaxed-simd'],
  ]);
  if (error) throw new Error(stderr.toString());
  return new WebAssembly.Module(readFileSync(file));
}

/** The program made of `<name>.c`, as fast as this machine runs it; null where there is no compiler, or none of this machine's kind. */
export function compileC(name, folder) {
  const source = fileURLToPath(new URL(`${name}.c`, import.meta.url));
  const program = join(folder, name);
  try {
    execFileSync('cc', ['-O3', '-march=native', '-pthread', source, '-o', program], { stdio: 'ignore' });
    return program;
  } catch {
    return null;
  }
}

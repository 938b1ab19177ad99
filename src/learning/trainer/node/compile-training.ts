import { CodedError } from '../../../common/errors.js';
import { nativeSha256 } from '../../../common/native-hash.js';
import { compileKernel } from '../../../inference/kernel/index.js';
import { TRAINING_VECTOR, trainingVector } from '../self-test.js';

/** What compiling depends on besides the file; tests put others in their place. */
export interface Compilation {
  readonly compile: typeof compileKernel;
  /** The self-test's outcome for a module. */
  readonly vector: (module: WebAssembly.Module) => string;
}

const DEFAULTS: Compilation = {
  compile: compileKernel,
  vector: (module) => trainingVector(module, nativeSha256),
};

/**
 * Compiles the training kernel, with V8's joined operations where the self-test finds the same bits with them (half as fast again),
 * else as the file says. Throws `TRAINING_KERNEL` where neither computes what it should. Takes about 0.1 s.
 */
export function compileTraining(
  bytes: Uint8Array<ArrayBuffer>,
  { compile, vector }: Compilation = DEFAULTS,
): WebAssembly.Module {
  for (const joined of [true, false]) {
    const module = compile(bytes, joined);
    if (vector(module) === TRAINING_VECTOR) return module;
  }
  const message = 'the training kernel computes other bits on this machine than it should';
  throw new CodedError('TRAINING_KERNEL', message, { expected: TRAINING_VECTOR });
}

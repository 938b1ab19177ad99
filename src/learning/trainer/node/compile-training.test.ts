import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { nativeSha256 } from '../../../common/native-hash.js';
import { compileKernel } from '../../../inference/kernel/index.js';
import { TRAINING_VECTOR, trainingVector } from '../self-test.js';
import { compileTraining } from './compile-training.js';

const file = fileURLToPath(new URL('../../../../dist/training/training.wasm', import.meta.url));
const bytes = Uint8Array.from(readFileSync(file));

describe('compiling the training kernel', () => {
  it.each([true, false])('gives the known bits (joined: %s)', (joined) => {
    expect(trainingVector(compileKernel(bytes, joined), nativeSha256)).toBe(TRAINING_VECTOR);
  });

  it('takes joined operations where they give the known bits', () => {
    const tried: boolean[] = [];
    const compile: typeof compileKernel = (kernel, joined) => {
      tried.push(joined);
      return compileKernel(kernel, joined);
    };
    compileTraining(bytes, { compile, vector: (module) => trainingVector(module, nativeSha256) });
    expect(tried).toEqual([true]);
  });

  it('takes plain ones where joined ones give others', () => {
    const [joined, plain] = [compileKernel(bytes, true), compileKernel(bytes, false)];
    const vector = (module: WebAssembly.Module) => (module === plain ? TRAINING_VECTOR : 'other bits');
    const compile: typeof compileKernel = (_, join) => (join ? joined : plain);
    expect(compileTraining(bytes, { compile, vector })).toBe(plain);
  });

  it('refuses a machine on which neither does', () => {
    const broken = () => compileTraining(bytes, { compile: compileKernel, vector: () => 'other bits' });
    expect(broken).toThrow(expect.objectContaining({ code: 'TRAINING_KERNEL' }));
  });
});

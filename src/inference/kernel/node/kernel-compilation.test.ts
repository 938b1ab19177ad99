import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { unwrap } from '../../../common/index.js';
import { compileKernel } from './compile-kernel.js';
import { Engine, type EngineOptions } from './engine.js';

const root = fileURLToPath(new URL('../../../../', import.meta.url));

/** The kernel with another lowest bit in its 32-bit ones: it runs, and computes other bits. */
function altered(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const copy = Buffer.from(bytes);
  const one = Buffer.from([0x43, 0, 0, 0x80, 0x3f]);
  for (let at = copy.indexOf(one); at >= 0; at = copy.indexOf(one, at)) copy[at + 1] = 1;
  expect(copy.equals(bytes)).toBe(false);
  return Uint8Array.from(copy);
}

describe('the compilation of the kernel', () => {
  const engines: Engine[] = [];
  const start = async (options: Partial<EngineOptions>): Promise<Engine> => {
    const engine = await Engine.start({
      ...{ threads: 1, kernelPath: join(root, 'dist/kernel/kernel.wasm'), maxStreams: 1 },
      ...{ expertCacheBytes: 1 << 20, kvCacheBytes: 1 << 20 },
      execArgv: ['--import', join(root, 'test/support/typescript-threads.mjs')],
      ...options,
    });
    engines.push(engine);
    return engine;
  };
  afterEach(() => Promise.all(engines.splice(0).map((engine) => engine.stop())));

  it('has joined operations where they give the same bits, and is named in the figures', async () => {
    const engine = await start({});
    expect(engine.compilation).toEqual({ name: 'joined', fallback: null });
    expect(unwrap(await engine.stats()).compilation).toBe('joined');
  });

  it('is plain when joined operations compute other bits, and says why', async () => {
    const compile: typeof compileKernel = (bytes, joined) =>
      compileKernel(joined ? altered(bytes) : bytes, false);
    const engine = await start({ compile });
    expect(engine.compilation).toEqual({
      name: 'plain',
      fallback: 'the kernel computes other bits than it should with 1 thread(s)',
    });
    expect(unwrap(await engine.stats()).compilation).toBe('plain');
    expect((await engine.selfTest()).ok).toBe(true);
  });

  it('is plain when joined operations cannot be compiled, and when nothing else is wanted', async () => {
    const compile: typeof compileKernel = (bytes, joined) => {
      if (joined) throw new Error('no such option');
      return compileKernel(bytes, false);
    };
    expect((await start({ compile })).compilation).toEqual({ name: 'plain', fallback: 'no such option' });
    expect((await start({ compilation: 'plain' })).compilation).toEqual({ name: 'plain', fallback: null });
  });

  it('is refused when both compute other bits', async () => {
    const compile: typeof compileKernel = (bytes) => compileKernel(altered(bytes), false);
    await expect(start({ compile })).rejects.toMatchObject({ code: 'KERNEL_SELF_TEST' });
  });
});

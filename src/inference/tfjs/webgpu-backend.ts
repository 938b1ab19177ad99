import type { OpenBackend } from './backend.js';
import { useBackend } from './portable-backends.js';

/** The parts of the package `webgpu` (Dawn) that are used. */
interface Dawn {
  readonly create: (flags: readonly string[]) => Gpu;
  readonly globals: object;
}

interface AdapterInfo {
  readonly vendor: string;
  readonly architecture: string;
  readonly description: string;
  /** It computes on the processor. */
  readonly isFallbackAdapter?: boolean;
}

interface Gpu {
  requestAdapter(): Promise<{
    readonly info: AdapterInfo;
  } | null>;
}

/** Optional packages are named here and not in an import, as they may be missing. */
const DAWN = 'webgpu';
const BACKEND = '@tensorflow/tfjs-backend-webgpu';

/** Any vendor's GPU through Dawn. The backend's package looks for `navigator.gpu`, which Node does not have. */
export const openWebGpu: OpenBackend = async (named) => {
  const { create, globals } = (await import(DAWN)) as Dawn;
  const gpu = create([]);
  const adapter = await gpu.requestAdapter();
  if (adapter === null) throw new Error('there is no adapter');
  // a GPU in software is slower than any other backend; for comparisons it can be named
  if (!named && adapter.info.isFallbackAdapter === true) throw new Error('the adapter is no GPU');
  Object.assign(globalThis, globals);
  Object.defineProperty(globalThis.navigator, 'gpu', { value: gpu, configurable: true });
  const tf = await import('@tensorflow/tfjs-core');
  await import(BACKEND);
  await useBackend(tf, 'webgpu');
  const { vendor, architecture, description } = adapter.info;
  return { tf, device: description || `${vendor} ${architecture}`.trim() };
};

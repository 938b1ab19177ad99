import { CodedError, err, messageOf, ok, type Result } from '../../common/index.js';
import { BACKEND_NAMES, type BackendName, type BackendWish } from './backend-names.js';
import { openCpu, openWasm } from './portable-backends.js';
import { openNode, openNodeGpu } from './native-backends.js';
import { openWebGpu } from './webgpu-backend.js';
import type { Tf } from './tensor-library.js';

/** A backend that is ready to compute. */
export interface Backend {
  readonly tf: Tf;
  readonly name: BackendName;
  /** What it computes on, in words: part of receipts. */
  readonly device: string;
  /** Bytes of tensors that it can hold; undefined: as many as the device. */
  readonly memoryBytes?: number;
}

/** Opens one backend; throws with what is missing. @param named whether this one was asked for, or the best that there is */
export type OpenBackend = (named: boolean) => Promise<Omit<Backend, 'name'>>;

const OPENERS: Readonly<Record<BackendName, { readonly open: OpenBackend; readonly remedy: string }>> = {
  'node-gpu': {
    open: openNodeGpu,
    remedy: 'npm install @tensorflow/tfjs-node-gpu and its library, an NVIDIA driver, CUDA 11, cuDNN 8',
  },
  node: { open: openNode, remedy: 'npm install @tensorflow/tfjs-node and its library' },
  webgpu: {
    open: openWebGpu,
    remedy: 'npm install webgpu @tensorflow/tfjs-backend-webgpu, a Vulkan, Metal or Direct3D 12 driver',
  },
  wasm: { open: openWasm, remedy: 'npm ci' },
  cpu: { open: openCpu, remedy: 'npm ci' },
};

const DEVICE_LENGTH = 128;

/**
 * Opens the wished backend, or the best that there is. A process (or thread) opens one: TensorFlow.js keeps it in a global.
 * Refuses with `TFJS_BACKEND_UNAVAILABLE`, which says what to install.
 */
export async function openBackend(wish: BackendWish): Promise<Result<Backend>> {
  const reasons: string[] = [];
  for (const name of wish === 'auto' ? BACKEND_NAMES : [wish]) {
    const { open, remedy } = OPENERS[name];
    try {
      const backend = await open(wish !== 'auto');
      return ok({ ...backend, name, device: printable(backend.device) });
    } catch (thrown) {
      reasons.push(
        `the backend ${name} is not available (${firstLine(messageOf(thrown))}); it needs: ${remedy} (docs/operations.md)`,
      );
    }
  }
  return err(new CodedError('TFJS_BACKEND_UNAVAILABLE', reasons.join('; '), { backend: wish }, 503));
}

function printable(device: string): string {
  return device.replace(/[^\x20-\x7e]/g, '?').slice(0, DEVICE_LENGTH) || 'unknown';
}

function firstLine(message: string): string {
  return message.split('\n', 1)[0];
}

import { sha256Bytes } from '../../../src/common/hash.js';
import type { Result } from '../../../src/common/result.js';
import type { EngineModel } from '../../../src/inference/kernel/block-source.js';
import type { ModelConfig } from '../../../src/inference/kernel/config.js';
import { EngineCore, type WorkResult } from '../../../src/inference/kernel/engine-core.js';
import { createKernelMemory, Kernel } from '../../../src/inference/kernel/kernel.js';
import { MemoryBlockSource } from '../../../src/inference/kernel/memory-source.js';
import type { ReplayRequest, ReplayResult } from '../../../src/inference/kernel/requests.js';
import { isRecord } from '../api/problem.js';
import type { VerifiedWeight } from './weight-check.js';

const BYTES_PER_FLOAT = 4;
/** Positions in one page of the key-value cache. */
const PAGE = 32;

/** What a replay runs on: verified blocks only, and the kernel file that was checked against the receipt. */
export interface ReplayMachine {
  readonly kernel: Uint8Array<ArrayBuffer>;
  readonly kernelHash: string;
  readonly config: ModelConfig;
  readonly weights: readonly VerifiedWeight[];
  /** Every weight the release names; those not needed stay without payload. */
  readonly names: ReadonlyMap<string, string>;
}

/**
 * Computes a recorded answer again on one thread. `onProgress` is told the positions computed so far. Refuses as
 * `EngineCore` does, for example with `BLOCK_MISSING` when the answer needs an expert that the receipt does not name.
 */
export async function replay(
  machine: ReplayMachine,
  request: ReplayRequest,
  onProgress: (done: number, total: number) => void,
): Promise<Result<ReplayResult>> {
  const module = await WebAssembly.compile(machine.kernel);
  const kernel = Kernel.create(module, createKernelMemory(), 1);
  const payloads = new Map(machine.weights.map(({ name, payload }) => [name, payload]));
  const source = new MemoryBlockSource(payloads, sha256Bytes);
  const now = (): number => performance.now();
  const core = new EngineCore(
    { kernel, source, kernelHash: machine.kernelHash, sha256: sha256Bytes, now },
    {
      expertCacheBytes: machine.weights.reduce((bytes, { payload }) => bytes + payload.length, 0),
      kvCacheBytes: cacheBytes(machine.config, request.promptIds.length + request.outputIds.length),
      maxStreams: 1,
    },
  );
  const loaded = core.load(engineModel(machine, request.release));
  if (!loaded.ok) return loaded;
  return run(core, request, onProgress);
}

function run(
  core: EngineCore,
  request: ReplayRequest,
  onProgress: (done: number, total: number) => void,
): Result<ReplayResult> {
  let outcome: Result<WorkResult> | undefined;
  core.submit(
    1,
    { kind: 'replay', ...request },
    {
      event: (event) => {
        if (event.type === 'prefill') onProgress(event.done, event.total);
      },
      done: (result) => {
        outcome = result;
      },
    },
  );
  while (core.busy) core.step();
  if (outcome === undefined) throw new Error('the replay ended without a result');
  return outcome as Result<ReplayResult>;
}

function cacheBytes(config: ModelConfig, positions: number): number {
  const pages = Math.ceil(positions / PAGE);
  return pages * PAGE * config.layers * 2 * config.kvHeads * config.headDim * BYTES_PER_FLOAT;
}

function engineModel({ config, weights, names }: ReplayMachine, release: string): EngineModel {
  const given = new Map(weights.map((weight) => [weight.name, weight]));
  const blocks = [...names].map(([name, block]) => {
    const weight = given.get(name);
    if (weight === undefined)
      return { name, block, payloadHash: block, payloadSize: 0, path: '', tensors: [] };
    const { payload_hash: payloadHash, payload_size: payloadSize, metadata } = weight.header;
    return { name, block, payloadHash, payloadSize, path: '', tensors: tensorEntries(metadata.tensors) };
  });
  return { release, config, blocks };
}

function tensorEntries(value: unknown): { name: string; offset: number; length: number }[] {
  if (!Array.isArray(value)) return [];
  return value.filter(isRecord).map(({ name, offset, length }) => ({
    name: String(name),
    offset: Number(offset),
    length: Number(length),
  }));
}

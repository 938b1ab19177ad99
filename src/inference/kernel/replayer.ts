import {
  bytesToHex,
  CodedError,
  err,
  messageOf,
  ok,
  sha256Bytes,
  type Result,
  type Sha256,
} from '../../common/index.js';
import type { Vocabulary } from '../constraints/index.js';
import type { SamplingParameters } from '../sampler/index.js';
import { blockCorrupt, blockMissing, type BlockSource, type WeightBlock } from './block-source.js';
import type { ModelConfig } from './config.js';
import { EngineCore, type WorkResult } from './engine-core.js';
import { createKernelMemory, Kernel } from './kernel.js';
import type { ReplayResult } from './requests.js';
import { selfTest } from './self-test.js';

/** Tokens between two reports. */
const REPORT_INTERVAL = 32;

/** All that a replay is made from. Nothing is taken on trust: kernel and payloads are hashed before they are used. */
export interface ReplayInput {
  /** The kernel's WebAssembly file. */
  readonly kernel: Uint8Array<ArrayBuffer>;
  /** Its SHA-256 as the receipt has it, 64 hex digits. */
  readonly kernelHash: string;
  /** Hash of the release. */
  readonly release: string;
  readonly config: ModelConfig;
  /** Every weight block the release names; `path` is not used. */
  readonly blocks: readonly WeightBlock[];
  /** Payloads by block name: all dense and router blocks, and the experts that the receipt names. */
  readonly payloads: ReadonlyMap<string, Uint8Array>;
  readonly promptIds: readonly number[];
  readonly outputIds: readonly number[];
  readonly sampling: SamplingParameters;
  /** The release's tokens as text, where the answer was constrained. */
  readonly vocabulary?: Vocabulary;
  /** SHA-256 for large payloads; in browsers `crypto.subtle.digest`. Default: portable JavaScript (200 MB/s). */
  readonly digest?: (bytes: Uint8Array) => Promise<Uint8Array> | Uint8Array;
  /** SHA-256 for logits and states. Default: portable JavaScript. */
  readonly sha256?: Sha256;
}

/** How far a replay has come. */
export interface ReplayProgress {
  /** Tokens of the answer replayed so far, and how many there are. */
  readonly done: number;
  readonly total: number;
  /** Commitment chain values of these tokens, 32 bytes each. */
  readonly states: readonly Uint8Array[];
  /** What the sampler picked at each of them. */
  readonly picks: readonly number[];
  /** First place where the pick is not the recorded token; null = none so far. */
  readonly firstDifference: number | null;
}

/** Replays one answer on the calling thread, for a Web Worker. */
export interface BrowserReplayer {
  /**
   * Reports after every 32 tokens and at the end; the last value is the whole result. Between reports the caller's event loop
   * gets a turn. Ends with a refusal when an expert turns out to be needed that was not given (`BLOCK_MISSING`).
   */
  replay(): AsyncGenerator<ReplayProgress, Result<ReplayResult>>;
}

/**
 * Checks kernel and payloads and prepares the model. Refuses with `KERNEL_CHANGED`, `KERNEL_SELF_TEST`, `KERNEL_INVALID`,
 * `BLOCK_CORRUPT`, `BLOCK_MISSING` (both name the block) and whatever loading or the request are refused with.
 */
export async function createBrowserReplayer(input: ReplayInput): Promise<Result<BrowserReplayer>> {
  const digest = input.digest ?? sha256Bytes;
  const sha256 = input.sha256 ?? sha256Bytes;
  const actual = bytesToHex(await digest(input.kernel));
  if (actual !== input.kernelHash)
    return refuse('KERNEL_CHANGED', 'the kernel is not the one of the receipt', { actual });
  const verified = await verifyPayloads(input, digest);
  if (!verified.ok) return verified;
  const kernel = createKernel(input.kernel);
  if (!kernel.ok) return kernel;
  const test = selfTest(kernel.value, sha256);
  if (!test.ok) return refuse('KERNEL_SELF_TEST', test.detail, { actual: test.actual });
  const engine = createEngine(input, kernel.value, sha256);
  const { release, config, blocks, vocabulary } = input;
  const loaded = engine.load({
    release,
    config,
    blocks,
    ...(vocabulary === undefined ? {} : { vocabulary }),
  });
  return loaded.ok ? ok({ replay: () => replay(input, engine) }) : loaded;
}

async function verifyPayloads(
  { blocks, payloads }: ReplayInput,
  digest: NonNullable<ReplayInput['digest']>,
): Promise<Result<void>> {
  for (const block of blocks) {
    const payload = payloads.get(block.name);
    if (!payload) continue;
    const hash = bytesToHex(await digest(payload));
    if (hash !== block.payloadHash) return err(blockCorrupt(block, `its payload hash is ${hash}`));
  }
  return ok();
}

function createKernel(bytes: Uint8Array<ArrayBuffer>): Result<Kernel> {
  try {
    return ok(Kernel.create(new WebAssembly.Module(bytes), createKernelMemory(), 1));
  } catch (thrown) {
    return refuse('KERNEL_INVALID', `the kernel cannot be run here: ${messageOf(thrown)}`, {});
  }
}

function createEngine(input: ReplayInput, kernel: Kernel, sha256: Sha256): EngineCore {
  const source: BlockSource = {
    read(block, target) {
      const payload = input.payloads.get(block.name);
      if (!payload) return err(blockMissing(block, 'the receipt does not name it'));
      if (payload.length !== target.length) return err(blockCorrupt(block, `it has ${payload.length} bytes`));
      target.set(payload);
      return ok();
    },
  };
  const limits = { expertCacheBytes: 2 ** 32, kvCacheBytes: 2 ** 32, maxStreams: 1 };
  const { kernelHash } = input;
  return new EngineCore({ kernel, source, kernelHash, sha256, now: () => performance.now() }, limits);
}

async function* replay(
  input: ReplayInput,
  engine: EngineCore,
): AsyncGenerator<ReplayProgress, Result<ReplayResult>> {
  const { release, promptIds, outputIds, sampling } = input;
  let result: Result<WorkResult> | undefined;
  let [states, picks, done]: [Uint8Array[], number[], number] = [[], [], 0];
  let firstDifference: number | null = null;
  engine.submit(
    0,
    { kind: 'replay', release, promptIds, outputIds, sampling },
    {
      event(event) {
        if (event.type !== 'token') return;
        states.push(event.state);
        picks.push(event.id);
        if (event.id !== outputIds[event.index]) firstDifference ??= event.index;
      },
      done: (value) => (result = value),
    },
  );
  while (!result) {
    engine.step();
    if (states.length < REPORT_INTERVAL && !result) continue;
    if (states.length > 0) {
      done += states.length;
      yield { done, total: outputIds.length, states, picks, firstDifference };
      [states, picks] = [[], []];
      await new Promise((resolve) => setTimeout(resolve));
    }
  }
  return result as Result<ReplayResult>;
}

function refuse(code: string, message: string, facts: Record<string, string>): Result<never> {
  return err(new CodedError(code, message, facts));
}

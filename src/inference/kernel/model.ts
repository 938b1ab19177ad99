import { CodedError, err, ok, type Result } from '../../common/index.js';
import { leftOutOf, routerMask } from '../../experts/tensorblock/left-out.js';
import { Grammars } from '../constraints/index.js';
import { LAYER_FIELDS, MODEL_FIELDS, PAGE_POSITIONS, words } from './abi.js';
import { type EngineModel, type WeightBlock } from './block-source.js';
import { attentionTensors, embeddingTensors, headTensors, routerTensors } from './blocks.js';
import { attentionWidth, checkModelConfig, positionBytes, type ModelConfig } from './config.js';
import type { DenseStore } from './dense-store.js';
import { expertKey, type ExpertReference } from './expert-slots.js';
import { KERNEL_MEMORY_BYTES } from './heap.js';
import type { Kernel } from './kernel.js';
import { RunState } from './run-state.js';
import { architectureFields, layerFields } from './structures.js';
import { placeTensors, type PlacedTensors, type TensorExpectation } from './tensors.js';

/** A model whose dense weights are in memory and whose experts are known by name. */
export interface LoadedModel {
  readonly release: string;
  readonly config: ModelConfig;
  /** Address of the kernel's `Model`. */
  readonly address: number;
  readonly run: RunState;
  /** One per layer and expert: layer * experts + expert; null where the release leaves it out. */
  readonly experts: readonly (ExpertReference | null)[];
  /** Tokens that went through each expert, same order. */
  readonly uses: Float64Array;
  /** Bytes of one KV page. */
  readonly pageBytes: number;
  /** Which of its experts count each position of a page: of the last layer's only where the kernel computes every row in it. */
  readonly pagedCounts: number;
  /** What constrained answers obey; null where the model's tokens are not known as text. */
  readonly grammars: Grammars | null;
  /** Gives everything back but the experts. */
  unload(): void;
}

/** Loads a model's dense blocks and writes its structures. */
export class ModelLoader {
  private readonly acquired: WeightBlock[] = [];
  private readonly allocated: number[] = [];
  private readonly blocks: ReadonlyMap<string, WeightBlock>;

  private constructor(
    private readonly kernel: Kernel,
    private readonly dense: DenseStore,
    private readonly model: EngineModel,
  ) {
    this.blocks = new Map(model.blocks.map((block) => [block.name, block]));
  }

  /**
   * Refuses with `MODEL_CONFIG`, `MODEL_BLOCK_ABSENT` (the release names no such block), `BLOCK_MISSING`, `BLOCK_CORRUPT`,
   * `KERNEL_MEMORY`; then nothing stays in memory.
   */
  static load(kernel: Kernel, dense: DenseStore, model: EngineModel): Result<LoadedModel> {
    const config = checkModelConfig(model.config);
    if (!config.ok) return config;
    const needed = leastBytes(model.blocks);
    if (needed > KERNEL_MEMORY_BYTES) return err(tooLarge(model, needed));
    const loader = new ModelLoader(kernel, dense, model);
    const loaded = loader.load();
    if (!loaded.ok) loader.undo();
    return loaded;
  }

  private load(): Result<LoadedModel> {
    const { config } = this.model;
    const experts = this.references();
    if (!experts.ok) return experts;
    const structure = this.writeModel();
    if (!structure.ok) return structure;
    const run = RunState.create(this.kernel.heap, config, this.kernel.threads);
    if (!run.ok) return run;
    return ok({
      release: this.model.release,
      config,
      address: structure.value,
      run: run.value,
      experts: experts.value,
      uses: new Float64Array(experts.value.length),
      pageBytes: PAGE_POSITIONS * positionBytes(config),
      pagedCounts: experts.value.length - (this.kernel.knowsEnds ? config.experts : 0),
      grammars: this.model.vocabulary === undefined ? null : new Grammars(this.model.vocabulary),
      unload: () => {
        run.value.release();
        this.undo();
      },
    });
  }

  private references(): Result<(ExpertReference | null)[]> {
    const { config } = this.model;
    const references: (ExpertReference | null)[] = [];
    for (let layer = 0; layer < config.layers; layer++) {
      const leftOut = leftOutOf(config, layer);
      for (let expert = 0; expert < config.experts; expert++) {
        if (leftOut.includes(expert)) {
          references.push(null);
          continue;
        }
        const block = this.block(`layer${layer}.expert${expert}`);
        if (!block.ok) return block;
        references.push({
          block: block.value,
          key: expertKey(block.value, config),
          config,
          slot: undefined,
          loads: 0,
          loadMs: 0,
        });
      }
    }
    return ok(references);
  }

  private writeModel(): Result<number> {
    const { config } = this.model;
    const embedding = this.tensors('embedding', embeddingTensors(config));
    if (!embedding.ok) return embedding;
    const head = this.tensors('head', headTensors(config));
    if (!head.ok) return head;
    const layers = this.writeLayers();
    if (!layers.ok) return layers;
    const frequencies = this.writeFrequencies();
    if (!frequencies.ok) return frequencies;
    const table = embedding.value.get('weight');
    const [norm, output] = [head.value.get('norm'), head.value.get('weight')];
    return this.write(
      words(MODEL_FIELDS, {
        ...config,
        ...architectureFields(config),
        attentionWidth: attentionWidth(config),
        frequencies: frequencies.value,
        embeddingKind: table.kind,
        embeddingData: table.data,
        embeddingScales: table.scales,
        headNorm: norm.data,
        headData: output.data,
        headKind: output.kind,
        layerTable: layers.value,
      }),
    );
  }

  private writeLayers(): Result<number> {
    const { config } = this.model;
    const table = new Uint32Array(config.layers * LAYER_FIELDS.length);
    for (let layer = 0; layer < config.layers; layer++) {
      const fields = this.layer(layer);
      if (!fields.ok) return fields;
      table.set(fields.value, layer * LAYER_FIELDS.length);
    }
    return this.write(table);
  }

  private layer(layer: number): Result<Uint32Array> {
    const { config } = this.model;
    const attention = this.tensors(`layer${layer}.attention`, attentionTensors(config));
    if (!attention.ok) return attention;
    const router = this.tensors(`layer${layer}.router`, routerTensors(config));
    if (!router.ok) return router;
    const bias = this.routerBias(layer, router.value.optional('bias'));
    if (!bias.ok) return bias;
    return ok(layerFields(config, layer, attention.value, router.value, bias.value));
  }

  /** Where the bias of a layer's router is; with experts left out it is the release's own, if it has one, and their mask. 0: none. */
  private routerBias(layer: number, own: number): Result<number> {
    const mask = routerMask(this.model.config, layer);
    if (mask === null) return ok(own);
    const place = this.allocate(mask.byteLength);
    if (!place.ok) return place;
    const { heap } = this.kernel;
    const bias = own === 0 ? null : heap.floats(own, mask.length);
    heap.floats(place.value, mask.length).set(mask.map((value, i) => value + (bias?.[i] ?? 0)));
    return place;
  }

  /** Rotation frequencies, and behind them the factor on cosines and sines. */
  private writeFrequencies(): Result<number> {
    const { headDim, ropeTheta, architecture } = this.model.config;
    const place = this.allocate((headDim / 2 + 1) * 8);
    if (!place.ok) return place;
    const { exports } = this.kernel;
    const yarn = architecture?.yarn;
    if (yarn === undefined) exports.frequencies(place.value, headDim, ropeTheta);
    else {
      const { factor, originalPositions, betaFast, betaSlow, truncate, attentionFactor } = yarn;
      const spread = [factor, originalPositions, betaFast, betaSlow] as const;
      exports.yarnFrequencies(place.value, headDim, ropeTheta, ...spread, truncate, attentionFactor ?? 0);
    }
    return place;
  }

  private tensors(name: string, expected: readonly TensorExpectation[]): Result<PlacedTensors> {
    const block = this.block(name);
    if (!block.ok) return block;
    const place = this.dense.acquire(block.value);
    if (!place.ok) return place;
    this.acquired.push(block.value);
    const { address, arrangement } = place.value;
    const payload = this.kernel.heap.bytes(address, block.value.payloadSize);
    const tensors = placeTensors(block.value, payload, address, expected);
    return tensors.ok ? ok(tensors.value.arranged(this.kernel, arrangement)) : tensors;
  }

  private block(name: string): Result<WeightBlock> {
    const block = this.blocks.get(name);
    if (block) return ok(block);
    const message = `release ${this.model.release} names no block ${name}`;
    return err(new CodedError('MODEL_BLOCK_ABSENT', message, { name, release: this.model.release }));
  }

  private allocate(bytes: number): Result<number> {
    const place = this.kernel.heap.allocate(bytes);
    if (place.ok) this.allocated.push(place.value);
    return place;
  }

  private write(content: Uint32Array): Result<number> {
    const place = this.allocate(content.byteLength);
    if (place.ok) this.kernel.heap.words(place.value, content.length).set(content);
    return place;
  }

  private undo(): void {
    for (const block of this.acquired.splice(0)) this.dense.release(block);
    for (const address of this.allocated.splice(0)) this.kernel.heap.release(address);
  }
}

/** What has to be in memory at the same time, whatever else leaves it: the dense blocks and an expert. */
function leastBytes(blocks: readonly WeightBlock[]): number {
  const isExpert = ({ name }: WeightBlock) => /^layer\d+\.expert\d+$/.test(name);
  const dense = blocks.filter((block) => !isExpert(block));
  const experts = blocks.filter(isExpert).map(({ payloadSize }) => payloadSize);
  return (
    dense.reduce((sum, { payloadSize }) => sum + payloadSize, 0) + experts.reduce((a, b) => Math.max(a, b), 0)
  );
}

function tooLarge({ release }: EngineModel, needed: number): CodedError {
  const message = `the dense weights of release ${release} and one expert are ${needed} bytes, more than the ${KERNEL_MEMORY_BYTES} of the kernel's memory`;
  return new CodedError('KERNEL_MEMORY', message, { release, needed, most: KERNEL_MEMORY_BYTES }, 503);
}

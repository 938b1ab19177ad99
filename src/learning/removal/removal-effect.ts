import { Injectable } from '@nestjs/common';
import { hashJson, ok, type Json, type Result } from '../../common/index.js';
import { AppConfig } from '../../config/index.js';
import { withoutExperts } from '../../experts/tensorblock/left-out.js';
import type { ServedModel } from '../../inference/index.js';
import type { Beacon } from '../beacon/beacon.js';
import {
  acceptanceRules,
  reasonsAgainst,
  type EvaluationFigures,
  type Reason,
} from '../evaluation/acceptance.js';
import { ExampleSources } from '../evaluation/example-sources.js';
import type { ToldExamples } from '../evaluation/example-supply.js';
import { LossMeter } from '../evaluation/loss-meter.js';
import { measureUntilClear } from '../evaluation/measure-until-clear.js';
import type { ExampleEncoder } from '../examples/example-encoder.js';
import type { RemovalRow, RemovalStatement } from './removal-row.js';

/** What a model is like without some experts (docs/formats/removal.md). Members are named as in JSON. */
export interface RemovalEffect {
  readonly version: 1;
  readonly removal: string;
  /** Hash of the statement. */
  readonly statement: string;
  readonly model: string;
  readonly base_release: string;
  readonly experts: RemovalStatement['experts'];
  readonly beacon: Beacon;
  readonly examples: ToldExamples;
  /** Hash of the kernel that computed the losses. */
  readonly kernel: string;
  readonly rules: { readonly epsilon: number; readonly loss_floor: number; readonly resamples: number };
  /** `base` with the experts, `candidate` without them. */
  readonly figures: EvaluationFigures;
  /** Domains that lose more than may be chance. They speak against the release, and forbid nothing. */
  readonly worse: readonly Reason[];
}

/** How a measurement is stopped, and told of. */
export interface RemovalWork {
  readonly signal: AbortSignal;
  /** Told after each example. */
  readonly progress: () => void;
}

/** SHA-256 of the canonical JSON of a statement. */
export function removalHash(statement: RemovalStatement): string {
  return hashJson(statement as unknown as Json);
}

/** A release without some of its experts, as the engine can load it beside the release itself, under a name that is no release. */
export function modelWithout(base: ServedModel, names: readonly string[]): ServedModel {
  const release = hashJson({ candidate: base.release, without: [...names] });
  const blocks = base.engine.blocks.filter(({ name }) => !names.includes(name));
  const engine = { ...base.engine, release, config: withoutExperts(base.engine.config, names), blocks };
  return { ...base, release, engine };
}

/** Measures what a removal costs or gains, before it happens, as submissions are measured. */
@Injectable()
export class RemovalMeter {
  constructor(
    private readonly meter: LossMeter,
    private readonly sources: ExampleSources,
    private readonly config: AppConfig,
  ) {}

  /** Same removal, beacon, base and kernel give the same. Refuses with what the engine refuses with, and with `SEALED_SET_…`. */
  async measure(
    { id, statement }: RemovalRow,
    beacon: Beacon,
    { base, encoder }: { readonly base: ServedModel; readonly encoder: ExampleEncoder },
    work: RemovalWork,
  ): Promise<Result<RemovalEffect>> {
    const rules = acceptanceRules(this.config);
    const kernel = await this.meter.kernel();
    if (!kernel.ok) return kernel;
    const names = statement.experts.map(({ name }) => name);
    const compared = { base, candidate: modelWithout(base, names), encoder, ...work };
    const supply = this.sources.of({ subject: id, model: statement.model, beacon, ...work });
    const measured = await measureUntilClear(
      beacon.root,
      rules,
      (examples) => this.meter.compare(compared, examples),
      supply,
    );
    if (!measured.ok) return measured;
    const { figures } = measured.value;
    return ok({
      ...{ version: 1, removal: id, statement: removalHash(statement), model: statement.model },
      ...{ base_release: base.release, experts: statement.experts, beacon },
      examples: supply.told(measured.value),
      kernel: kernel.value,
      rules: { epsilon: rules.epsilon, loss_floor: rules.lossFloor, resamples: rules.resamples },
      figures,
      worse: reasonsAgainst(figures, [], rules).filter(({ code }) => code === 'DOMAIN_WORSE'),
    });
  }
}

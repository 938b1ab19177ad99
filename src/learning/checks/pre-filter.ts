import { Injectable } from '@nestjs/common';
import { BlockReader } from '../../chain/index.js';
import { err, ok, unwrap, type Json, type Result } from '../../common/index.js';
import { parseTensorDirectory } from '../../experts/index.js';
import { evaluationFigures } from '../evaluation/acceptance.js';
import type { CandidateBlock } from '../evaluation/candidate-model.js';
import { drawExamples, drawsOf, isGenerated } from '../evaluation/example-source.js';
import type { Comparison } from '../evaluation/compare-losses.js';
import { LossMeter } from '../evaluation/loss-meter.js';
import { matrixOf, type BlockContent } from './block-values.js';
import { failed, passed, type CheckOutcome } from './check-outcome.js';
import { changeProblem, tensorChange, type TensorChange } from './weight-statistics.js';

/** A candidate with its weights. */
export interface CandidateContent extends BlockContent {
  readonly block: CandidateBlock;
  /** Hash of its parent block. */
  readonly parent: string;
}

/** Values of a tensor that are looked at: what takes well under a second. */
const MOST_VALUES = 1 << 20;
/** Examples of each domain that the probe asks. */
const PROBE_DRAWS = drawsOf(() => 2);
/** Anybody may know the probe: it only keeps away what is plainly worse. */
const PROBE_SEED = 'probe';
/** Processor time that all of it should take, ms. */
export const PRE_FILTER_AIM_MS = 1000;
/** Share by which the loss of the probe may rise. */
const MOST_RISE = 0.1;

/** Keeps away, in about a second, what needs no evaluation: weights unchanged or out of shape, and candidates that are plainly worse. */
@Injectable()
export class PreFilter {
  constructor(
    private readonly reader: BlockReader,
    private readonly meter: LossMeter,
  ) {}

  /** Refuses with what the engine refuses with; what it finds wrong is an outcome. */
  async check(
    candidates: readonly CandidateContent[],
    comparison: Comparison,
  ): Promise<Result<CheckOutcome>> {
    const began = performance.now();
    const cpuBefore = process.cpuUsage();
    const told = (probe: Probe | null) => figuresOf(changes, probe, cpuMsSince(cpuBefore));
    const changes: Record<string, TensorChange[]> = {};
    for (const candidate of candidates) {
      changes[candidate.block.name] = await this.changesOf(candidate);
      const problem = changeProblem(changes[candidate.block.name]);
      const detail = problem && { ...problem, detail: `${candidate.block.name}: ${problem.detail}` };
      if (detail !== null) return ok(failed('pre_filter', detail, told(null), performance.now() - began));
    }
    if (!isGenerated(comparison.base.name)) {
      const detail = 'weights are in order; the model has no public examples to probe it with';
      return ok(passed('pre_filter', detail, told(null), performance.now() - began));
    }
    const losses = await this.meter.compare(comparison, drawExamples(PROBE_SEED, PROBE_DRAWS, 'train'));
    if (!losses.ok) return err(losses.error);
    const { overall } = await evaluationFigures(losses.value, PROBE_SEED, 1);
    const probe = { base: overall.base, candidate: overall.candidate };
    const took = performance.now() - began;
    const rise = probe.candidate / probe.base - 1;
    if (rise <= MOST_RISE)
      return ok(passed('pre_filter', 'weights and probe are in order', told(probe), took));
    const detail = `the loss of the probe rises by ${(rise * 100).toFixed(1)} %, allowed is ${MOST_RISE * 100} %`;
    return ok(failed('pre_filter', { code: 'PROBE_WORSE', detail }, told(probe), took));
  }

  private async changesOf(candidate: CandidateContent): Promise<TensorChange[]> {
    const stored = await this.reader.header(candidate.parent);
    if (stored === null) throw new Error(`block ${candidate.parent} went away`);
    const payload = unwrap(await this.reader.payload(candidate.parent));
    const tensors = unwrap(parseTensorDirectory(stored.header.metadata.tensors, payload.length));
    return candidate.tensors.flatMap(({ name }) => {
      const [before, after] = [{ payload, tensors }, candidate].map((of) => matrixOf(of, name, MOST_VALUES));
      return before === null || after === null ? [] : [tensorChange({ name, before, after })];
    });
  }
}

/** Losses of the probe. */
type Probe = { readonly base: number; readonly candidate: number };

function figuresOf(
  changes: Readonly<Record<string, readonly TensorChange[]>>,
  probe: Probe | null,
  cpuMs: number,
): Json {
  return { tensors: changes as unknown as Json, probe, cpu_ms: cpuMs, cpu_aim_ms: PRE_FILTER_AIM_MS };
}

/** Processor time of all threads, also what the server did besides: the check itself took no more. */
function cpuMsSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return Math.round((user + system) / 1000);
}

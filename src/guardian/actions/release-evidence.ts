import { Injectable } from '@nestjs/common';
import { SafetyFigures } from '../../common/autonomy/safety-figures.js';
import { CodedError, err, ok, type Json, type Result } from '../../common/index.js';
import { ParameterIndex, type ReleaseView } from '../../experts/index.js';
import type { Features } from '../../decision/index.js';
import { evaluationGain, gainOf } from './evaluation-gain.js';
import { SharedReleaseFigures } from './release-figures.js';

/** Fewer answers of a canary say nothing yet. */
const LEAST_ANSWERS = 10;

/** A release that may be served, with what speaks for and against it. */
export interface MeasuredRelease {
  readonly view: ReleaseView;
  readonly live: ReleaseView | null;
  readonly features: Features;
  readonly evidence: Readonly<Record<string, Json>>;
}

/** Measures releases: answers of their canary beside the live one's, evaluations, provenance, and what changed. */
@Injectable()
export class ReleaseEvidence {
  constructor(
    private readonly index: ParameterIndex,
    private readonly served: SharedReleaseFigures,
    private readonly figures: SafetyFigures,
  ) {}

  /** `RELEASE_UNKNOWN` (404), or what is wrong with its blocks. */
  async measure(model: string, version: string): Promise<Result<MeasuredRelease>> {
    try {
      const view = await this.index.resolve(`${model}@${version}`);
      if (view === null) return err(unknown(model, version));
      const live = await this.index.live(model);
      const ethics = await this.figures.ethicsOf(view.release);
      const hashes = [view, live].map((each) => each?.release ?? '');
      const [own, beside] = await Promise.all(hashes.map((each) => this.served.of(each)));
      const losses = await Promise.all(hashes.map((each) => this.figures.lossOf(each)));
      const compared = await this.figures.gainOver(hashes[0], hashes[1]);
      const gain = compared === undefined ? evaluationGain(losses[0], losses[1]) : gainOf(compared);
      const features: Record<string, number> = {};
      if (live !== null) features.change = changeOf(view, live);
      if (gain !== null) features.evaluation_gain = gain.feature;
      if (ethics !== undefined) features.provenance = ethics.transparency;
      if (own.answers >= LEAST_ANSWERS) features.canary_success = 1 - own.failed / own.answers;
      if (own.answers >= LEAST_ANSWERS && own.firstTokenMs !== null && beside.firstTokenMs !== null)
        features.canary_latency = Math.min(1, Math.max(0, own.firstTokenMs / beside.firstTokenMs - 1));
      const evidence = {
        ...{ release: view.release, live: live?.release ?? null, live_version: live?.version ?? null },
        answers: own.answers,
        failed: own.failed,
        ...{ first_token_ms: own.firstTokenMs, live_first_token_ms: beside.firstTokenMs },
        ...{ loss: losses[0]?.natsPerByte ?? null, live_loss: losses[1]?.natsPerByte ?? null },
        less_loss: gain?.lessLoss ?? 'not known',
        ethics: (ethics ?? null) as unknown as Json,
      };
      return ok({ view, live, features, evidence });
    } catch (thrown) {
      if (thrown instanceof CodedError) return err(thrown);
      throw thrown;
    }
  }
}

/** Share of a release's weight blocks that another does not have. */
function changeOf(view: ReleaseView, other: ReleaseView): number {
  const blocks = [...view.weights.values()];
  const changed = blocks.filter(({ name, block }) => other.weights.get(name)?.block !== block);
  return changed.length / Math.max(1, blocks.length);
}

function unknown(model: string, version: string): CodedError {
  return new CodedError(
    'RELEASE_UNKNOWN',
    `there is no release ${model}@${version}`,
    { model, version },
    404,
  );
}

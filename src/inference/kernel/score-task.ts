import { logprobs, type TokenLogprob } from '../sampler/index.js';
import type { ScoreRequest } from './requests.js';
import type { SequenceTask } from './tasks.js';

/** How likely a token was after those before it, and what would have been likeliest. */
export interface TokenScore {
  readonly id: number;
  readonly logprob: number;
  readonly top: readonly TokenLogprob[];
}

/** Reads given ids and notes how likely each was that is to be judged; the last id is only judged, never computed. */
export class ScoreTask implements SequenceTask {
  readonly ids: number[];
  readonly given: number;
  readonly positions: number;
  readonly scores: TokenScore[] = [];

  constructor(private readonly request: ScoreRequest) {
    this.ids = request.ids.slice(0, -1);
    this.given = this.ids.length;
    this.positions = this.ids.length;
  }

  wantsLogits(position: number): boolean {
    return position + 1 >= (this.request.first ?? 1);
  }

  take(position: number, logits: Float32Array): boolean {
    const id = this.request.ids[position + 1];
    this.scores.push({ id, ...logprobs(logits, id, this.request.top) });
    return position === this.given - 1;
  }
}

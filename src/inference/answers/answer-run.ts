import type { EngineEvent, EngineExpertUse, EngineToken } from '../engine/engine-port.js';
import { AnswerText } from '../tokenizer/answer-text.js';
import type { TextTokenizer } from '../tokenizer/text-tokenizer.js';
import type { AnswerDelta, PreparedAnswer, ScoredToken } from './answer-request.js';
import { BeyondTheCut } from './beyond-the-cut.js';

/** One answer while it grows: tokens in, deltas out, until a stop string or the engine ends it. */
export class AnswerRun {
  readonly ids: number[] = [];
  readonly states: Uint8Array[] = [];
  readonly tokens: ScoredToken[] = [];
  private readonly answer: AnswerText | null;
  private readonly beyond: BeyondTheCut;
  private written = '';
  private pendingText = '';
  private pendingTokens: ScoredToken[] = [];
  private flushing = false;

  /** @param onStop called once, when a stop string was met: the engine need not go on */
  constructor(
    private readonly prepared: PreparedAnswer,
    private readonly choice: number,
    private readonly on: (delta: AnswerDelta) => void,
    private readonly onStop: () => void,
  ) {
    const tokenizer: TextTokenizer | null = prepared.model.tokenizer;
    this.beyond = new BeyondTheCut(prepared.model.engine.config.layers);
    this.answer = tokenizer === null ? null : new AnswerText(tokenizer.detokenizer(), prepared.stop);
  }

  /** The text so far, as given out. */
  get text(): string {
    return this.written;
  }

  /** Whether a stop string was met. */
  get stopped(): boolean {
    return this.answer?.stopped ?? false;
  }

  /** Takes what the engine tells; tokens after a stop string do not belong to the answer. */
  take(event: EngineEvent): void {
    if (event.type !== 'token') return;
    if (this.stopped) {
      if (event.route !== undefined) this.beyond.add(event.route);
      return;
    }
    this.ids.push(event.id);
    this.states.push(event.state);
    const text = this.answer?.push(event.id) ?? '';
    const { logprobs, model } = this.prepared;
    const scored = logprobs === undefined || model.stopIds.includes(event.id) ? [] : [scoredToken(event)];
    this.deliver(text, scored);
    if (this.stopped) this.onStop();
  }

  /** The experts that computed this answer. @param uses those that the engine counted, for tokens after a stop string, too */
  experts(uses: readonly EngineExpertUse[]): readonly EngineExpertUse[] {
    return this.beyond.without(uses);
  }

  /** Gives out what was held back, when no token follows. */
  end(): void {
    if (!this.stopped && this.answer !== null) this.deliver(this.answer.end(), []);
    this.flush();
  }

  /** Tokens that arrive in one message of the engine go out as one delta. */
  private deliver(text: string, tokens: readonly ScoredToken[]): void {
    this.written += text;
    this.tokens.push(...tokens);
    this.pendingText += text;
    this.pendingTokens.push(...tokens);
    if (this.flushing) return;
    this.flushing = true;
    queueMicrotask(() => this.flush());
  }

  private flush(): void {
    this.flushing = false;
    if (this.pendingText === '' && this.pendingTokens.length === 0) return;
    const [text, tokens] = [this.pendingText, this.pendingTokens];
    this.pendingText = '';
    this.pendingTokens = [];
    this.on({ choice: this.choice, text, tokens });
  }
}

function scoredToken(token: EngineToken): ScoredToken {
  return { id: token.id, logprob: token.logprob ?? 0, top: token.top ?? [] };
}

import type { Detokenizer } from './detokenizer.js';
import { StopStrings } from './stop-strings.js';

/** Text of a growing answer: token ids in, deliverable text out, ended by the first stop string. */
export class AnswerText {
  private readonly stops: StopStrings;
  private ended = false;

  constructor(
    private readonly detokenizer: Detokenizer,
    stops: readonly string[],
  ) {
    this.stops = new StopStrings(stops);
  }

  /** Whether a stop string was met; what comes after does not belong to the answer. */
  get stopped(): boolean {
    return this.ended;
  }

  /** The text that may be given out after this token. */
  push(id: number): string {
    if (this.ended) return '';
    return this.search(this.detokenizer.push(id));
  }

  /** The rest of the text, when no token follows. */
  end(): string {
    if (this.ended) return '';
    const rest = this.search(this.detokenizer.end());
    return this.ended ? rest : rest + this.stops.end();
  }

  private search(piece: string): string {
    if (piece === '') return '';
    const found = this.stops.push(piece);
    this.ended = found.stopped;
    return found.text;
  }
}

/**
 * The text of a whole answer, and the number of tokens up to the one that completed a stop string.
 * @param detokenizer null: the model has no text, so that nothing is cut
 */
export function answerText(
  detokenizer: Detokenizer | null,
  ids: readonly number[],
  stops: readonly string[],
): { readonly text: string; readonly tokens: number; readonly stopped: boolean } {
  if (detokenizer === null) return { text: '', tokens: ids.length, stopped: false };
  const answer = new AnswerText(detokenizer, stops);
  let text = '';
  for (let i = 0; i < ids.length; i++) {
    text += answer.push(ids[i]);
    if (answer.stopped) return { text, tokens: i + 1, stopped: true };
  }
  text += answer.end();
  return { text, tokens: ids.length, stopped: answer.stopped };
}

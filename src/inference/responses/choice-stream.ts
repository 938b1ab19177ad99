import type { Answer, AnswerDelta } from '../answers/answer-request.js';
import type { AnswerFormat } from './answer-format.js';
import type { EventStream } from './event-stream.js';

/** The choices of one answer as they go into a stream: each is opened by its first piece and closed by its receipt. */
export class ChoiceStream {
  private readonly open = new Set<number>();

  constructor(
    private readonly stream: EventStream,
    private readonly format: AnswerFormat,
  ) {}

  /** Sends a piece. */
  delta(delta: AnswerDelta): void {
    this.begin(delta.choice);
    const data = this.format.delta(delta);
    if (data !== null) this.stream.send(data);
  }

  /** Ends every choice; only `[DONE]` is left to be sent. */
  close(answers: readonly Answer[]): void {
    answers.forEach((answer, choice) => {
      this.begin(choice);
      this.stream.send(this.format.close(choice, answer));
    });
    const usage = this.format.usage(answers);
    if (usage !== null) this.stream.send(usage);
  }

  private begin(choice: number): void {
    if (this.open.has(choice)) return;
    this.open.add(choice);
    this.stream.send(this.format.open(choice));
  }
}

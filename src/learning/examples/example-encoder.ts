import { CodedError, err, ok, type Json, type Result } from '../../common/index.js';
import type { Content, Message } from '../../datasets/jsonl/index.js';
import { stopTokenIds } from '../../inference/models/sampling-defaults.js';
import type { ChatTemplate } from '../../inference/tokenizer/chat-template.js';
import { parseTokenizer } from '../../inference/tokenizer/parse-tokenizer.js';
import type { TextTokenizer } from '../../inference/tokenizer/text-tokenizer.js';
import type { TokenSequence } from '../trainer/batch.js';

/** Breaks special tokens that people wrote into a text, so that none forges a role. No document holds it: their reader refuses NUL. */
const MARK = '\0';

/** Makes token sequences of documents, as inference makes prompts of requests: what is learnt is what is asked later. */
export class ExampleEncoder {
  private constructor(
    private readonly tokenizer: TextTokenizer,
    private readonly template: ChatTemplate | null,
    private readonly stop: number | null,
  ) {}

  /** @param payload of the model's tokenizer block; refuses with `TRAINING_NO_TOKENIZER`, `TOKENIZER_…`, `CHAT_TEMPLATE_…` */
  static create(payload: Json | null): Result<ExampleEncoder> {
    if (payload === null)
      return err(
        new CodedError('TRAINING_NO_TOKENIZER', 'this model has no tokenizer: it cannot read texts'),
      );
    const parsed = parseTokenizer(payload);
    if (!parsed.ok) return parsed;
    const { source, tokenizer, template } = parsed.value;
    const [stop] = stopTokenIds(source, (token) => tokenizer.idOf(token));
    return ok(new ExampleEncoder(tokenizer, template, stop ?? null));
  }

  /**
   * Tokens of a document. Of a conversation the last turn of the assistant is learnt, of a prompt with its completion the completion,
   * of a text everything. Refuses with `TRAINING_EXAMPLE` a conversation without an answer, `CHAT_TEMPLATE_…`.
   */
  encode(content: Content): Result<TokenSequence> {
    if (content.form === 'text') return ok(this.plain(content.text));
    const turns = turnsOf(content);
    if (turns !== null) return this.answered(turns.messages, turns.answer);
    return err(new CodedError('TRAINING_EXAMPLE', 'a conversation must end with a turn of the assistant'));
  }

  /**
   * What is read of a document, special tokens left out: as `textIn` of its tokens, but for what the tokenizer does not give back as it was
   * written. No tokens are made for it, which takes far longer. Null where it is none to learn from.
   */
  textOf(content: Content): string | null {
    if (content.form === 'text') return content.text;
    const turns = turnsOf(content);
    const prompt = turns === null ? null : this.rendered(turns.messages);
    if (turns === null || prompt === null || !prompt.ok) return null;
    const read = this.tokenizer.special.split(prompt.value).filter((part) => typeof part === 'string');
    return read.join('').replaceAll(MARK, '') + turns.answer;
  }

  /** The text of a document as it is learnt, special tokens left out. */
  textIn({ ids }: Pick<TokenSequence, 'ids'>): string {
    return this.tokenizer.decode(ids.at(-1) === this.stop ? ids.slice(0, -1) : ids);
  }

  private plain(text: string): TokenSequence {
    return { ids: [...this.written(text), ...this.ending()], firstTarget: 1 };
  }

  private answered(messages: readonly Message[], answer: string): Result<TokenSequence> {
    const prompt = this.prompt(messages);
    if (!prompt.ok) return prompt;
    const ids = [...prompt.value, ...this.written(answer), ...this.ending()];
    return ok({ ids, firstTarget: Math.max(1, prompt.value.length) });
  }

  private prompt(messages: readonly Message[]): Result<number[]> {
    const rendered = this.rendered(messages);
    return rendered.ok ? ok(this.tokenizer.encodeMarked(rendered.value, MARK)) : rendered;
  }

  /** In which special tokens that people wrote are broken. */
  private rendered(messages: readonly Message[]): Result<string> {
    const defuse = (text: string) => this.tokenizer.special.defuse(text, MARK);
    if (this.template === null) return ok(defuse(messages.map(({ content }) => content).join('\n')));
    return this.template.render(messages.map(({ role, content }) => ({ role, content: defuse(content) })));
  }

  private written(text: string): number[] {
    return this.tokenizer.encodeMarked(this.tokenizer.special.defuse(text, MARK), MARK);
  }

  private ending(): number[] {
    return this.stop === null ? [] : [this.stop];
  }
}

/** What is asked and what is learnt to answer; null for a conversation without an answer. */
function turnsOf(
  content: Exclude<Content, { form: 'text' }>,
): { readonly messages: readonly Message[]; readonly answer: string } | null {
  if (content.form === 'completion')
    return { messages: [{ role: 'user', content: content.prompt }], answer: content.completion };
  const last = content.messages.at(-1);
  if (last?.role !== 'assistant' || content.messages.length < 2) return null;
  return { messages: content.messages.slice(0, -1), answer: last.content };
}

import { CodedError, err, ok, type ErrorFacts, type Result } from '../../common/index.js';
import { compileConstraint, type TextRules } from '../constraints/index.js';
import type { ServedModel } from '../models/served-model.js';
import { callRules } from '../tools/index.js';
import type { AnswerRequest, PreparedAnswer } from './answer-request.js';

/** What an answer must obey, and how its calls look. */
interface AnswerForm {
  readonly rules?: TextRules;
  readonly tools?: NonNullable<PreparedAnswer['tools']>;
}

/**
 * Finds out what the answer must obey, and refuses what the model cannot do: `TOKEN_UNKNOWN` (a bias for no token),
 * `TOOLS_UNSUPPORTED`, `CONSTRAINT_UNSUPPORTED`, and what compiling a schema is refused with.
 */
export function answerForm(request: AnswerRequest, model: ServedModel): Result<AnswerForm> {
  const { config } = model.engine;
  const [greatest] = request.logitBias?.at(-1) ?? [0];
  if (greatest >= config.vocabSize) {
    const detail = `Token ${greatest} is not in the vocabulary of ${config.vocabSize}.`;
    return refuse('TOKEN_UNKNOWN', detail, { param: 'logit_bias', token: greatest });
  }
  const { tools } = request;
  if (tools === undefined) return constrained(request.rules, model, 'response_format');
  const style = model.template?.callStyle ?? null;
  if (style === null) {
    const detail = `${model.name} has no chat template that knows of tools.`;
    return refuse('TOOLS_UNSUPPORTED', detail, { param: 'tools', model: model.name });
  }
  const form = constrained(callRules(tools, style) ?? request.rules, model, 'tools');
  if (!form.ok) return form;
  return ok({ ...form.value, tools: { names: tools.tools.map(({ name }) => name), style } });
}

function constrained(rules: TextRules | undefined, model: ServedModel, param: string): Result<AnswerForm> {
  if (rules === undefined) return ok({});
  const { vocabulary } = model.engine;
  if (vocabulary === undefined) {
    const detail = `${model.name} has no tokenizer: its answers cannot be constrained.`;
    return refuse('CONSTRAINT_UNSUPPORTED', detail, { param });
  }
  const compiled = compileConstraint(rules, vocabulary);
  if (compiled.ok) return ok({ rules });
  const { code, message, facts } = compiled.error;
  return refuse(code, message, { ...facts, param });
}

function refuse(code: string, detail: string, facts: ErrorFacts): Result<never> {
  return err(new CodedError(code, detail, facts, 400));
}

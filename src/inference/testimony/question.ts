import { CodedError, err, ok, type Result } from '../../common/index.js';
import { operatorsOf, sectionCount, type OperatorName } from '../dispute/place.js';
import { OPERATORS } from '../dispute/referee/operators.js';
import type { ModelConfig } from '../kernel/index.js';

/** What a node is asked about a run of tokens or positions of one of its answers. */
export type TestimonySubject =
  /** The commitment chain after each token of the answer. */
  | { readonly of: 'states' }
  /** The digest of each position of prompt and answer. */
  | { readonly of: 'positions' }
  /** The digests of each position's sections. */
  | { readonly of: 'sections' }
  /** The digests of the operators' outputs in one section of each position. */
  | { readonly of: 'operators'; readonly section: number }
  /** The output of one operator at each position. */
  | {
      readonly of: 'value';
      readonly section: number;
      readonly operator: OperatorName;
      readonly rank: number;
    };

/** One question: a subject, and the tokens or positions `first` to `end` (from 0, `end` not included). */
export type TestimonyQuestion = TestimonySubject & { readonly first: number; readonly end: number };

/** How long an answer is. */
export interface AnswerLength {
  readonly promptTokens: number;
  readonly outputTokens: number;
}

/** Digests that one answer to a question holds at most; a single row may hold more. */
const MOST_DIGESTS = 4_096;
/** float32 values that one answer holds at most; a single row may hold more. */
const MOST_VALUES = 65_536;

/** Rows (tokens or positions) that one question about a subject may ask for. */
export function mostRows(subject: TestimonySubject, config: ModelConfig): number {
  const within = (most: number, each: number) => Math.max(1, Math.floor(most / each));
  switch (subject.of) {
    case 'states':
    case 'positions':
      return MOST_DIGESTS;
    case 'sections':
      return within(MOST_DIGESTS, sectionCount(config, true));
    case 'operators':
      return within(MOST_DIGESTS, operatorsOf(config, subject.section, true).length);
    case 'value':
      return within(MOST_VALUES, OPERATORS[subject.operator].length(config));
  }
}

/** Refuses (`TESTIMONY_QUESTION`, 400) what cannot be asked about an answer of that length. */
export function checkQuestion(
  question: TestimonyQuestion,
  config: ModelConfig,
  { promptTokens, outputTokens }: AnswerLength,
): Result<void> {
  const { first, end } = question;
  const rows = question.of === 'states' ? outputTokens : promptTokens + outputTokens - 1;
  if (first < 0 || end <= first || end > rows)
    return refuse(`${question.of} go from 0 to ${rows}, not from ${first} to ${end}`);
  const withHead = first >= promptTokens - 1;
  if ('section' in question) {
    const sections = sectionCount(config, withHead);
    if (question.section < 0 || question.section >= sections)
      return refuse(`position ${first} has sections 0 to ${sections - 1}, not ${question.section}`);
  }
  if (question.of === 'value') {
    const { section, operator, rank } = question;
    const known = operatorsOf(config, section, withHead).some(
      (at) => at.operator === operator && at.rank === rank,
    );
    if (!known)
      return refuse(`section ${section} of position ${first} has no operator ${operator} of rank ${rank}`);
  }
  const most = mostRows(question, config);
  if (end - first > most) return refuse(`more than ${most} rows of ${question.of} at once`);
  return ok();
}

function refuse(message: string): Result<never> {
  return err(new CodedError('TESTIMONY_QUESTION', message, {}, 400));
}

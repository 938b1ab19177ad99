import { CodedError, type ErrorFacts } from '../../common/errors.js';
import { err, type Result } from '../../common/result.js';

/** A refusal of a dataset's file: `DATASET_<part>` with the line, from 1, in its facts. */
export function lineRefused(part: string, line: number, what: string, facts: ErrorFacts = {}): Result<never> {
  return err(new CodedError(`DATASET_${part}`, `Line ${line} ${what}.`, { line, ...facts }));
}

import { err, ok, type Result } from '../../common/index.js';
import type { Statement, Witness } from '../dispute/index.js';
import type { EngineModel } from '../engine/engine-port.js';
import type { PlainResult } from '../kernel/node/protocol.js';
import type { TestimonyQuestion } from './question.js';
import { digestRow, valueRow } from './rows.js';

/** What a thread that computes a testimony is started with. */
export interface WitnessThreadData {
  readonly model: EngineModel;
  readonly statement: Statement;
  /** The commitment chain after every token. */
  readonly states: readonly Uint8Array[];
}

/** A question for the thread. */
export interface WitnessCall {
  readonly id: number;
  readonly question: TestimonyQuestion;
}

/** Its answer. */
export interface WitnessReply {
  readonly id: number;
  readonly rows: PlainResult<readonly string[]>;
}

/** The rows that a witness gives to a question; refuses as the witness does. */
export async function rowsOf(
  witness: Witness,
  question: TestimonyQuestion,
): Promise<Result<readonly string[]>> {
  const { first, end } = question;
  if (question.of === 'states') return oneEach(await witness.states(first, end));
  if (question.of === 'positions') return oneEach(await witness.positions(end), first);
  const rows: string[] = [];
  for (let position = first; position < end; position++) {
    const row = await rowAt(witness, question, position);
    if (!row.ok) return row;
    rows.push(row.value);
  }
  return ok(rows);
}

async function rowAt(
  witness: Witness,
  question: Extract<TestimonyQuestion, { readonly of: 'sections' | 'operators' | 'value' }>,
  position: number,
): Promise<Result<string>> {
  if (question.of === 'value') {
    const { section, operator, rank } = question;
    const value = await witness.value({ position, section, operator, rank });
    return value.ok ? ok(valueRow(value.value)) : err(value.error);
  }
  const digests =
    question.of === 'sections'
      ? await witness.sections(position)
      : await witness.operators(position, question.section);
  return digests.ok ? ok(digestRow(digests.value)) : err(digests.error);
}

function oneEach(digests: Result<readonly Uint8Array[]>, from = 0): Result<readonly string[]> {
  return digests.ok ? ok(digests.value.slice(from).map((digest) => digestRow([digest]))) : err(digests.error);
}

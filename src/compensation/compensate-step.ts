import { CodedError, err, ok, type Result } from '../common/index.js';
import { correctable, LARGEST_AMOUNT, type Corrections, type CorrectionWish } from '../rewards/index.js';
import {
  readFields,
  textField,
  type Field,
  type ProposedStep,
  type StepHandler,
  type ValuesOf,
} from '../tasks/index.js';

/** A whole number of units that a transfer can move. */
const unitsField: Field<string> = (raw) =>
  typeof raw === 'string' && /^[1-9]\d{0,38}$/.test(raw) && BigInt(raw) <= LARGEST_AMOUNT
    ? ok(raw)
    : err('units as a text of decimal digits, at least 1 and at most 2^127 - 1');

const FIELDS = {
  transfer: textField(/^[0-9a-f]{32}$/, 'the id of a transfer, 32 lower-case hex digits'),
  amount: unitsField,
  reason: textField(/^[^\s\p{Cc}][^\p{Cc}]{0,499}$/u, 'a sentence of at most 500 characters'),
};
type Values = ValuesOf<typeof FIELDS>;

const TIMEOUT_MS = 60_000;
/** Limits count whole units of eighteen decimals, BLY has nine. */
const SMALLEST_A_UNIT = 10n ** 9n;

/** `compensate_transfer`: what was paid by mistake goes back by another transfer, after a check and with an approval. */
export function compensateTransfer(): StepHandler {
  return {
    type: 'compensate_transfer',
    summary: 'Gives back what a transfer of rewards paid by mistake, wholly or in part, by another transfer.',
    startable: true,
    ...{ risk: 'critical', effect: 'none', timeoutMs: TIMEOUT_MS },
    parse: (raw) => readFields(FIELDS, raw),
    plan: (parameters): ProposedStep[] => [
      { type: 'compensate_transfer.check', parameters },
      { type: 'compensate_transfer.transfer', parameters },
    ],
    run: () => Promise.resolve(err(new CodedError('STEP_UNAVAILABLE', 'It is done step by step.'))),
  };
}

/** Before an approval is asked for: guardians see who would give back what, and that it can be done. */
export function checkStep(corrections: Corrections): StepHandler {
  return {
    type: 'compensate_transfer.check',
    summary: 'Looks whether so much of a transfer can be given back.',
    startable: false,
    ...{ risk: 'low', effect: 'none', timeoutMs: TIMEOUT_MS },
    parse: (raw) => readFields(FIELDS, raw),
    run: async (parameters) => {
      const line = await corrections.check(wishOf(parameters as Values));
      if (!line.ok) return line;
      const { credit, debit, amount } = line.value;
      return ok({
        gives: credit,
        gets: debit,
        paid: String(amount),
        correctable: String(correctable(line.value)),
      });
    },
  };
}

/** The transfer that goes the other way; the task names it, so that it is made once. */
export function transferStep(corrections: Corrections): StepHandler {
  return {
    type: 'compensate_transfer.transfer',
    summary: 'Gives back what was paid by mistake, once.',
    startable: false,
    ...{
      risk: 'critical',
      effect: 'once',
      timeoutMs: TIMEOUT_MS,
      movesValue: true,
      alwaysApproval: true,
    },
    parse: (raw) => readFields(FIELDS, raw),
    amount: ({ amount }) => String(BigInt(String(amount)) * SMALLEST_A_UNIT),
    run: async (parameters, { task, owner, signal, keep }): Promise<Result<Record<string, string>>> => {
      signal.throwIfAborted();
      const { reason } = parameters as Values;
      // From here on it is finished, by whoever takes it up: it may be made already when this attempt is cut off.
      await keep({ corrects: parameters.transfer });
      const made = await corrections.correct(wishOf(parameters as Values), {
        by: task,
        actor: owner,
        reason,
      });
      if (!made.ok) return made;
      const { id, transfer, debit, credit, amount } = made.value;
      return ok({ transfer: id, corrects: transfer, debit, credit, amount: String(amount) });
    },
  };
}

function wishOf({ transfer, amount }: Values): CorrectionWish {
  return { transfer, amount: BigInt(amount) };
}

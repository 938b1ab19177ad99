import { CodedError } from '../../common/errors.js';
import { err, ok, type Result } from '../../common/result.js';
import type { TextRules } from './constraint.js';
import { compileSchema } from './schema/compile-schema.js';
import { EndState, type State } from './states/state.js';
import { SpacedStart, surrounded } from './states/surrounded.js';
import { MOST_IDS } from './token-trie.js';
import type { Vocabulary } from './vocabulary.js';

/** Bytes that every constraint may need as tokens of their own: printable ASCII, and all that occur in UTF-8. */
const NEEDED = Array.from({ length: 0xf5 - 0x20 }, (_, i) => i + 0x20).filter(
  (byte) => byte !== 0x7f && byte !== 0xc0 && byte !== 0xc1,
);

/**
 * The place at the beginning of a text that obeys a constraint. Refuses with what `compileSchema` refuses with, and with
 * `CONSTRAINT_UNSUPPORTED` where the model cannot spell every text or has no token that ends an answer.
 */
export function compileConstraint(rules: TextRules, vocabulary: Vocabulary): Result<State> {
  if (vocabulary.ends.length === 0) return unsupported('this model has no token that ends an answer');
  if (vocabulary.offsets.length > MOST_IDS) return unsupported('this model has too many tokens');
  if (!spellsAll(vocabulary)) return unsupported('this model has no token for some of the bytes of a text');
  const root = compileSchema(rules.schema);
  if (!root.ok) return root;
  const { around } = rules;
  const start = around === undefined ? root.value.start(new EndState(), 0) : surrounded(root.value, around);
  return ok(vocabulary.dropsFirstSpace ? new SpacedStart(start) : start);
}

function spellsAll({ bytes, offsets }: Vocabulary): boolean {
  const single = new Set<number>();
  for (let id = 0; id + 1 < offsets.length; id++) {
    if (offsets[id + 1] - offsets[id] === 1) single.add(bytes[offsets[id]]);
  }
  return NEEDED.every((byte) => single.has(byte));
}

function unsupported(why: string): Result<never> {
  const message = `Constrained answers are not possible: ${why}.`;
  return err(new CodedError('CONSTRAINT_UNSUPPORTED', message, {}, 400));
}

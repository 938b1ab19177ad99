import { setImmediate as nextTurn } from 'node:timers/promises';
import type { LogitsAnswer } from './logits.service.js';

/** Numbers that are written in one turn of the event loop: about a millisecond. */
const NUMBERS_PER_TURN = 4_096;

/** Raw logits as JSON, piece by piece: between two pieces the server answers others. Numbers that JSON has not are null. */
export async function* logitsJson({ logits, ...facts }: LogitsAnswer): AsyncGenerator<string> {
  yield `${JSON.stringify(facts).slice(0, -1)},"logits":[`;
  for (const [index, row] of logits.entries()) {
    yield index === 0 ? '[' : ',[';
    for (let start = 0; start < row.length; start += NUMBERS_PER_TURN) {
      await nextTurn();
      const numbers = JSON.stringify(Array.from(row.subarray(start, start + NUMBERS_PER_TURN)));
      yield (start === 0 ? '' : ',') + numbers.slice(1, -1);
    }
    yield ']';
  }
  yield ']}';
}

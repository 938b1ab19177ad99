import { planBatch, withDrafts, type Share } from './batch-plan.js';
import type { Priority } from './requests.js';
import { MAX_LOGIT_ROWS, MAX_ROWS } from './run-state.js';
import type { Sequence } from './scheduler.js';

interface Wish {
  /** Ids known, of which so many are computed. */
  readonly known: number;
  readonly computed?: number;
  readonly priority?: Priority;
  /** Every position's logits, as a replay wants them; else the last one's. */
  readonly all?: boolean;
  readonly guesses?: readonly number[];
}

function sequence({ known, computed = 0, priority = 'inference', all = false, guesses }: Wish): Sequence {
  const ids = Array.from({ length: known }, (_, i) => i);
  const task = { ids, positions: known + 100, wantsLogits: (at: number) => all || at === known - 1 };
  const draft = (_: readonly number[], most: number) => guesses?.slice(0, most) ?? [];
  const speculation = guesses === undefined ? {} : { speculation: { draft } };
  return { task, computed, priority, ...speculation } as unknown as Sequence;
}

const waiting = () => sequence({ known: 10, computed: 9 });
const prompt = (priority: Priority = 'inference') => sequence({ known: 100, priority });
const firstPrompt = (sequences: readonly Sequence[], turn: number) =>
  sequences.indexOf(planBatch(sequences, turn, () => 8).find(({ count }) => count > 1)!.sequence);

describe('the plan of a batch', () => {
  it('has a row for each that waits for a token, and the rows left for prompts', () => {
    const sequences = [prompt(), waiting(), waiting()];
    const shares = planBatch(sequences, 1, (decoding) => decoding + 20);
    const counts = shares.map((share) => [sequences.indexOf(share.sequence), share.count]);
    expect(counts).toEqual([
      [1, 1],
      [2, 1],
      [0, 20],
    ]);
  });

  it('has no more rows of logits than the kernel, and none for a prompt that begins with one', () => {
    const many = Array.from({ length: MAX_LOGIT_ROWS + 3 }, waiting);
    expect(planBatch(many, 1, () => MAX_ROWS)).toHaveLength(MAX_LOGIT_ROWS);
    const replay = sequence({ known: 60, all: true });
    const beside = (count: number) => [...Array.from({ length: count }, waiting), replay];
    const countOf = (count: number) =>
      planBatch(beside(count), 1, () => MAX_ROWS).find((share) => share.sequence === replay)?.count;
    expect([0, 30, MAX_LOGIT_ROWS].map(countOf)).toEqual([MAX_LOGIT_ROWS, 2, undefined]);
  });

  it.each([1, 2, 3, 4])('begins with each of %i prompts equally often', (prompts) => {
    const sequences = Array.from({ length: prompts }, () => prompt());
    const firsts = Array.from({ length: 12 }, (_, turn) => firstPrompt(sequences, turn + 1));
    const counts = sequences.map((_, i) => firsts.filter((first) => first === i).length);
    expect(counts).toEqual(Array(prompts).fill(12 / prompts));
  });

  it.each([2, 3, 5])('gives learning the first rows of every eighth batch among %i prompts', (prompts) => {
    const sequences = [prompt('learning'), ...Array.from({ length: prompts - 1 }, () => prompt())];
    const turns = Array.from({ length: 24 }, (_, i) => i + 1);
    expect(turns.filter((turn) => firstPrompt(sequences, turn) === 0)).toEqual([8, 16, 24]);
  });

  it.each([1, 2, 3, 4, 7, 8])(
    'begins with each of %i answers and as many trainings equally often',
    (each) => {
      const learning = Array.from({ length: each }, () => prompt('learning'));
      const answers = Array.from({ length: each }, () => prompt());
      const turns = Array.from({ length: 8 * each }, (_, i) => i + 1);
      const firsts = turns.map((turn) => firstPrompt([...learning, ...answers], turn));
      const counts = [...learning, ...answers].map((_, i) => firsts.filter((first) => first === i).length);
      expect(counts).toEqual([...Array<number>(each).fill(1), ...Array<number>(each).fill(7)]);
    },
  );

  it('lets learning have what answers leave', () => {
    const sequences = [prompt('learning'), sequence({ known: 5 })];
    expect(planBatch(sequences, 1, () => 8).map(({ count }) => count)).toEqual([5, 3]);
  });
});

describe('guesses in a batch', () => {
  const share = (given: Sequence, count = 1): Share => ({ sequence: given, count });
  const guessing = () => sequence({ known: 10, computed: 9, guesses: Array(99).fill(7) as number[] });

  it('take what room there is, shared by the few that wait for a token', () => {
    const rows = (count: number) =>
      withDrafts(
        Array.from({ length: count }, () => share(guessing())),
        16,
      ).map((each) => each.count);
    expect([rows(1), rows(2), rows(3)]).toEqual([[16], [8, 8], [1, 1, 1]]);
  });

  it('are none beside a prompt, and none where nobody guesses', () => {
    expect(withDrafts([share(guessing()), share(prompt(), 4)], 16).map(({ count }) => count)).toEqual([1, 4]);
    expect(withDrafts([share(waiting())], 16)).toEqual([share(expect.anything() as unknown as Sequence)]);
  });
});

import { err, ok, CodedError, type Result } from '../../common/index.js';
import type { EngineStats } from '../kernel/index.js';
import { EngineExamination, type ExaminedEngine } from './engine-examination.js';

type Test = Awaited<ReturnType<ExaminedEngine['selfTest']>>;

const agrees: Test = { ok: true, detail: 'known vector met', expected: 'a', actual: 'a' };
const differs: Test = { ok: false, detail: 'other bits than it should', expected: 'a', actual: 'b' };
const refused: Test = { ok: false, detail: 'it stops', expected: '', actual: '', refused: 'ENGINE_STOPPED' };
const never = new Promise<never>(() => undefined);

/** An engine that gives these answers to its self-test, and has computed so many rows when it is asked; null: it does not say. */
function setUp(tests: (Test | null)[], rows: (number | null)[] = []) {
  const asked = { tests: 0, figures: 0 };
  const engine: ExaminedEngine = {
    selfTest: () => {
      asked.tests += 1;
      const test = tests.shift() ?? null;
      return test === null ? never : Promise.resolve(test);
    },
    stats: () => {
      asked.figures += 1;
      const computed = rows.shift() ?? null;
      if (computed === null) return never;
      const stats: Result<EngineStats> =
        computed < 0
          ? err(new CodedError('ENGINE_RESTARTED', 'it crashed'))
          : ok({ rows: computed } as EngineStats);
      return Promise.resolve(stats);
    },
  };
  const sut = new EngineExamination(engine, { testMs: 20, figuresMs: 20 });
  const verdict = async () => {
    await sut.examine();
    return sut.found?.verdict;
  };
  return { sut, asked, verdict };
}

describe('the examination of an engine', () => {
  it('tells right, wrong and refused from each other', async () => {
    expect(await setUp([agrees]).verdict()).toBe('right');
    const wrong = setUp([differs]);
    expect(await wrong.verdict()).toBe('wrong');
    expect(wrong.sut.found?.detail).toBe('other bits than it should');
    expect(await setUp([refused]).verdict()).toBe('untold');
  });

  it('tells an engine that is busy from one that hangs by what it computes meanwhile', async () => {
    expect(await setUp([null], [7, 9]).verdict()).toBe('busy');
    expect(await setUp([null], [7, 7]).verdict()).toBe('hung');
    expect(await setUp([null], [7, null]).verdict()).toBe('hung');
    expect(await setUp([null], []).verdict()).toBe('hung');
    expect(await setUp([null], [7, -1]).verdict()).toBe('hung');
  });

  it('keeps other bits in mind until the test agrees', async () => {
    const { verdict } = setUp([differs, refused, agrees]);
    expect([await verdict(), await verdict(), await verdict()]).toEqual(['wrong', 'wrong', 'right']);
  });

  it('asks an engine that does not answer no second time', async () => {
    const { sut, asked, verdict } = setUp([]);
    await Promise.all([sut.examine(), sut.examine()]);
    expect(await verdict()).toBe('hung');
    expect(asked).toEqual({ tests: 1, figures: 1 });
  });
});

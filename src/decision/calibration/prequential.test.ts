import { decisionStream, type SimulatedDecision } from '../../../test/factories/decision-stream.js';
import { brierScore, expectedCalibrationError, type Judged } from '../metrics/reliability.js';
import { Calibrator } from './calibrator.js';

/** Chosen before anything was fitted to them; those the constants were chosen with lie elsewhere. */
const SEEDS = [20_261_122, 1, 2, 3, 5, 8, 13, 21];
const DECISIONS = 1_000;

/** Each estimate is made from the outcomes before it alone (Dawid, 1984). */
function prequential(stream: readonly SimulatedDecision[]): Judged[] {
  const outcomes = new Map<string, SimulatedDecision[]>();
  const record: Judged[] = [];
  for (const decision of stream) {
    const own = outcomes.get(decision.type) ?? [];
    const { estimate } = Calibrator.fit(own, record).calibrate(decision.raw);
    outcomes.set(decision.type, [...own, decision]);
    record.push({ confidence: estimate, success: decision.success });
  }
  return record;
}

/** The error over ten bins that hold equally many decisions, which no crowded bin can hide. */
function equalMassError(judged: readonly Judged[]): number {
  const sorted = [...judged].sort((a, b) => a.confidence - b.confidence);
  const size = judged.length / 10;
  const missed = Array.from({ length: 10 }, (_, bin) =>
    Math.abs(
      sorted
        .slice(bin * size, (bin + 1) * size)
        .reduce((sum, { confidence, success }) => sum + confidence - Number(success), 0),
    ),
  );
  return missed.reduce((sum, each) => sum + each, 0) / judged.length;
}

describe('a thousand decisions of five types that drift, each judged before its outcome is known', () => {
  const rows = SEEDS.map((seed) => {
    const stream = decisionStream(seed, DECISIONS);
    const judged = prequential(stream);
    const uncalibrated = stream.map(({ raw, success }) => ({ confidence: raw, success }));
    return {
      ...{ seed, width: expectedCalibrationError(judged), mass: equalMassError(judged) },
      ...{ brier: brierScore(judged)!, raw: expectedCalibrationError(uncalibrated) },
      rawBrier: brierScore(uncalibrated)!,
    };
  });
  const line = rows.map(
    ({ seed, width, mass, brier, raw, rawBrier }) =>
      `seed ${seed}: ECE ${width.toFixed(4)} (equal mass ${mass.toFixed(4)}), Brier ${brier.toFixed(4)}; ` +
      `raw: ECE ${raw.toFixed(4)}, Brier ${rawBrier.toFixed(4)}`,
  );
  console.log(line.join('\n'));

  it.each(rows)('are off by at most 0.05 in either kind of bins (seed $seed)', (row) => {
    expect(row.width).toBeLessThanOrEqual(0.05);
    expect(row.mass).toBeLessThanOrEqual(0.05);
    expect(row.brier).toBeLessThan(row.rawBrier);
  });
});

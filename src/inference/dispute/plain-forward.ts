import { ok, type Result } from '../../common/index.js';
import { operatorsOf, sectionCount, type OperatorPlace, type Place } from './place.js';
import { OPERATORS } from './referee/operators.js';
import type { PlainWeights } from './referee/weights.js';

/** The output of one operator. */
export interface TracedValue extends OperatorPlace {
  readonly value: Float32Array;
}

/** The outputs of one position, by section. */
export type PositionTrace = readonly (readonly TracedValue[])[];

/** May change an output in place: what a test does to have something to find. */
export type Tamper = (place: Place, value: Float32Array) => void;

/**
 * The forward pass of one sequence in plain TypeScript: no WebAssembly, no SIMD, one operator after the other, with the bits of
 * the kernel. Keys and values stay for later positions; all else belongs to the caller.
 */
export class PlainForward {
  /** `keyTurn` and `value` per position and section. */
  private readonly seen: Map<string, Float32Array>[] = [];

  constructor(
    private readonly weights: PlainWeights,
    private readonly tamper: Tamper | null = null,
  ) {}

  /**
   * Computes a position whose predecessors have been computed; it may be one of them again. Refuses what the weights are refused
   * with.
   */
  run(position: number, token: number, withHead: boolean): Result<PositionTrace> {
    const { config } = this.weights.model;
    const kept = (this.seen[position] = new Map<string, Float32Array>());
    const trace: TracedValue[][] = [];
    for (let section = 0; section < sectionCount(config, withHead); section++) {
      const values: TracedValue[] = [];
      trace.push(values);
      for (const { operator, rank } of operatorsOf(config, section, withHead)) {
        const value = this.compute({ position, section, operator, rank }, token, trace);
        if (!value.ok) return value;
        values.push({ operator, rank, value: value.value });
        if (operator === 'keyTurn' || operator === 'value') kept.set(`${section} ${operator}`, value.value);
      }
    }
    return ok(trace);
  }

  /** A key or value that was kept; null for outputs that were not. */
  kept({ position, section, operator }: Place): Float32Array | null {
    return this.seen[position]?.get(`${section} ${operator}`) ?? null;
  }

  private compute(place: Place, token: number, trace: PositionTrace): Result<Float32Array> {
    const { weights } = this;
    const { config } = weights.model;
    const operator = OPERATORS[place.operator];
    const values = operator.inputs(config, place).map((input) => this.valueAt(place, input, trace));
    const output = operator.compute({ config, place, values, weights, token });
    if (!output.ok || this.tamper === null) return output;
    const value = Float32Array.from(output.value);
    this.tamper(place, value);
    return ok(value);
  }

  private valueAt(place: Place, input: Place, trace: PositionTrace): Float32Array {
    if (input.position !== place.position) {
      const value = this.kept(input);
      if (value !== null) return value;
      throw new Error(`position ${input.position} was not computed before position ${place.position}`);
    }
    const found = trace[input.section].find(
      ({ operator, rank }) => operator === input.operator && rank === input.rank,
    );
    if (found !== undefined) return found.value;
    throw new Error(`${input.operator} has not run before ${place.operator}`);
  }
}

import {
  bytesToHex,
  CodedError,
  concatBytes,
  err,
  ok,
  type Result,
  type Sha256,
} from '../../common/index.js';
import { COMMITMENT_INTERVAL, digestLogits } from '../commitment/index.js';
import type { ModelConfig } from '../kernel/index.js';
import { operatorsOf, sectionCount, type OperatorPlace, type Place } from './place.js';
import { OPERATORS } from './referee/operators.js';
import { joinDigests } from './trace-digests.js';
import type { SideName } from './verdict.js';
import type { Statement, Witness } from './witness.js';

/** Code of a refusal that says: a side contradicts what it said itself. Facts: `side`. */
export const CONTRADICTION = 'WITNESS_CONTRADICTS_ITSELF';

/**
 * A witness whose answers are held against each other: states against published commitments, digests against the level above,
 * values against their digest. Refuses with `WITNESS_CONTRADICTS_ITSELF`, or as the witness does.
 */
export class Side {
  constructor(
    readonly name: SideName,
    private readonly witness: Witness,
    private readonly config: ModelConfig,
    private readonly sha256: Sha256,
  ) {}

  get statement(): Statement {
    return this.witness.statement;
  }

  /** The states of tokens `first` to `end`; the last one of a window, or of the answer, must be the one committed to. */
  async states(first: number, end: number): Promise<Result<readonly Uint8Array[]>> {
    const states = await this.witness.states(first, end);
    if (!states.ok) return states;
    const { commitments, outputIds, salt } = this.statement;
    if (states.value.length !== end - first) return this.contradiction('states');
    for (const [i, state] of states.value.entries()) {
      const token = first + i;
      const due = (token + 1) % COMMITMENT_INTERVAL === 0 || token === outputIds.length - 1;
      const published = commitments[Math.floor(token / COMMITMENT_INTERVAL)];
      if (due && !same(this.sha256(concatBytes(salt, state)), published)) return this.contradiction('states');
    }
    return states;
  }

  /** Digests of the first positions. */
  async positions(count: number): Promise<Result<readonly Uint8Array[]>> {
    const digests = await this.witness.positions(count);
    if (!digests.ok) return digests;
    return digests.value.length === count ? digests : this.contradiction('positions');
  }

  /** Digests of a position's sections, under the position's own. */
  async sections(position: number): Promise<Result<readonly Uint8Array[]>> {
    const above = await this.positions(position + 1);
    if (!above.ok) return above;
    const digests = await this.witness.sections(position);
    if (!digests.ok) return digests;
    const count = sectionCount(this.config, this.withHead(position));
    return this.under(above.value[position], digests.value, count);
  }

  /** Digests of a section's operators, under the section's own. */
  async operators(position: number, section: number): Promise<Result<readonly Uint8Array[]>> {
    const above = await this.sections(position);
    if (!above.ok) return above;
    const digests = await this.witness.operators(position, section);
    if (!digests.ok) return digests;
    return this.under(above.value[section], digests.value, this.operatorsAt(position, section).length);
  }

  /** The output of an operator, under its digest and of the right length. */
  async value(place: Place): Promise<Result<Float32Array>> {
    const { position, section, operator, rank } = place;
    const above = await this.operators(position, section);
    if (!above.ok) return above;
    const at = this.operatorsAt(position, section).findIndex(
      (o) => o.operator === operator && o.rank === rank,
    );
    const value = await this.witness.value(place);
    if (!value.ok) return value;
    const length = OPERATORS[operator].length(this.config);
    const sound =
      value.value.length === length && same(digestLogits(value.value, this.sha256), above.value[at]);
    return sound ? value : this.contradiction(operator);
  }

  /** The operators of a section at a position of the answer. */
  operatorsAt(position: number, section: number): readonly OperatorPlace[] {
    return operatorsOf(this.config, section, this.withHead(position));
  }

  /** Whether a position's logits choose a token. */
  private withHead(position: number): boolean {
    return position >= this.statement.promptIds.length - 1;
  }

  private under(
    digest: Uint8Array,
    parts: readonly Uint8Array[],
    count: number,
  ): Result<readonly Uint8Array[]> {
    const sound = parts.length === count && same(joinDigests(parts, this.sha256), digest);
    return sound ? ok(parts) : this.contradiction('digests');
  }

  private contradiction(what: string): Result<never> {
    const message = `side ${this.name} contradicts what it has said before: ${what}`;
    return err(new CodedError(CONTRADICTION, message, { side: this.name, what }));
  }
}

/** Whether two digests are the same. */
export function same(a: Uint8Array, b: Uint8Array | undefined): boolean {
  return b !== undefined && bytesToHex(a) === bytesToHex(b);
}

/** The first place in which two lists of digests differ; -1 where there is none. */
export function firstDifferent(a: readonly Uint8Array[], b: readonly Uint8Array[]): number {
  return a.findIndex((digest, i) => !same(digest, b[i]));
}

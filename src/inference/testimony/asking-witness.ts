import { CodedError, err, ok, type Result } from '../../common/index.js';
import type { Place, SideName, Statement, Witness } from '../dispute/index.js';
import type { ModelConfig } from '../kernel/index.js';
import { mostRows, type TestimonyQuestion, type TestimonySubject } from './question.js';
import { digestsOf, valueOf } from './rows.js';

/** Asks the node of one side: rows `first` to `end` of a subject. Refuses where the node gives no answer. */
export type AskNode = (question: TestimonyQuestion) => Promise<Result<readonly string[]>>;

/** Code of a refusal that says: a side was not heard. Facts: `side`, and `code`, why. */
export const UNHEARD = 'NODE_UNHEARD';

/**
 * A side of a dispute that is somewhere else and is asked there, in as few questions as their limits allow; nothing is asked
 * twice. What is asked for at a second position is likely to be wanted at those after it, and comes with it. Every refusal is
 * `NODE_UNHEARD`, naming the side.
 */
export class AskingWitness implements Witness {
  private readonly known = new Map<string, Map<number, string>>();
  /** Positions that the dispute is about so far. */
  private disputed = 0;

  constructor(
    private readonly side: SideName,
    readonly statement: Statement,
    private readonly config: ModelConfig,
    private readonly ask: AskNode,
  ) {}

  states(first: number, end: number): Promise<Result<readonly Uint8Array[]>> {
    return this.digests({ of: 'states' }, first, end);
  }

  positions(count: number): Promise<Result<readonly Uint8Array[]>> {
    this.disputed = Math.max(this.disputed, count);
    return this.digests({ of: 'positions' }, 0, count);
  }

  sections(position: number): Promise<Result<readonly Uint8Array[]>> {
    return this.digestsAt({ of: 'sections' }, position);
  }

  operators(position: number, section: number): Promise<Result<readonly Uint8Array[]>> {
    return this.digestsAt({ of: 'operators', section }, position);
  }

  async value({ position, section, operator, rank }: Place): Promise<Result<Float32Array>> {
    const row = await this.rowAt({ of: 'value', section, operator, rank }, position);
    if (!row.ok) return row;
    const value = valueOf(row.value);
    return value === null ? this.unreadable('value') : ok(value);
  }

  /** One digest a row. */
  private async digests(
    subject: TestimonySubject,
    first: number,
    end: number,
  ): Promise<Result<readonly Uint8Array[]>> {
    const rows = await this.rows(subject, first, end);
    if (!rows.ok) return rows;
    const digests = rows.value.flatMap((row) => {
      const [digest, more] = digestsOf(row) ?? [];
      return digest === undefined || more !== undefined ? [] : [digest];
    });
    return digests.length === end - first ? ok(digests) : this.unreadable(subject.of);
  }

  private async digestsAt(
    subject: TestimonySubject,
    position: number,
  ): Promise<Result<readonly Uint8Array[]>> {
    const row = await this.rowAt(subject, position);
    if (!row.ok) return row;
    const digests = digestsOf(row.value);
    return digests === null ? this.unreadable(subject.of) : ok(digests);
  }

  private async rowAt(subject: TestimonySubject, position: number): Promise<Result<string>> {
    const known = this.knownOf(subject);
    const ahead = known.size === 0 ? 1 : mostRows(subject, this.config);
    const end = known.has(position) ? position + 1 : Math.min(position + ahead, this.disputed);
    const rows = await this.rows(subject, position, Math.max(end, position + 1));
    return rows.ok ? ok(rows.value[0]) : rows;
  }

  private async rows(
    subject: TestimonySubject,
    first: number,
    end: number,
  ): Promise<Result<readonly string[]>> {
    const known = this.knownOf(subject);
    const most = mostRows(subject, this.config);
    for (let next = first; next < end; next++) {
      if (known.has(next)) continue;
      const question = { ...subject, first: next, end: Math.min(end, next + most) };
      const answer = await this.ask(question);
      if (!answer.ok) return this.unheard(answer.error);
      answer.value.forEach((row, i) => known.set(next + i, row));
    }
    return ok(Array.from({ length: end - first }, (_, i) => known.get(first + i) ?? ''));
  }

  private knownOf(subject: TestimonySubject): Map<number, string> {
    const key = JSON.stringify(subject);
    const known = this.known.get(key) ?? new Map<number, string>();
    this.known.set(key, known);
    return known;
  }

  private unreadable(what: string): Result<never> {
    return this.unheard(new CodedError('TESTIMONY_INVALID', `its rows of ${what} cannot be read`));
  }

  private unheard({ code, message }: CodedError): Result<never> {
    return err(new CodedError(UNHEARD, message, { side: this.side, code }));
  }
}

import { CodedError, err, ok, type Result, type Sha256 } from '../../common/index.js';
import { initialState, nextState } from '../commitment/index.js';
import { Sampler, type TokenFilter } from '../sampler/index.js';
import { differentQuestion, differentWindow, type TokenWindow } from './compare-statements.js';
import { judge, type Judgement } from './judge.js';
import { layerOf, type Place } from './place.js';
import type { PlainWeights } from './referee/weights.js';
import { CONTRADICTION, firstDifferent, same, Side } from './side.js';
import type { DisputedPlace, SideName, Verdict } from './verdict.js';
import { generationWork } from './work.js';
import type { Witness } from './witness.js';

/** What the referee decides with. */
export interface Referee {
  /** Weights out of blocks whose hashes have been verified. */
  readonly weights: PlainWeights;
  readonly sha256: Sha256;
  /** The filter of a constrained answer, fresh; absent where constraints are not known. */
  readonly filter?: () => TokenFilter;
}

type Finding = Omit<Verdict, 'version' | 'work'> & { readonly refereeWork?: number };

const NOWHERE: DisputedPlace = {
  ...{ token: null, position: null, layer: null },
  ...{ operator: 'request', rank: null, index: null },
};

/**
 * Settles a dispute: from the commitments to the first differing token, from there to position, layer and operator, which the
 * referee computes again. Nothing but that one operator, or one choice of a token, is recomputed. Refuses as the witnesses and the
 * weights do; a witness that contradicts itself has lost.
 */
export async function settle(a: Witness, b: Witness, referee: Referee): Promise<Result<Verdict>> {
  const { config } = referee.weights.model;
  const finding = await new Settlement(a, b, referee).find();
  if (!finding.ok && finding.error.code !== CONTRADICTION) return finding;
  const found = finding.ok ? finding.value : contradicted(finding.error);
  const tokens = Math.min(a.statement.outputIds.length, b.statement.outputIds.length);
  const generation = generationWork(config, a.statement.promptIds.length, tokens);
  const { refereeWork = 0, ...verdict } = found;
  return ok({ version: 1, ...verdict, work: { referee: refereeWork, generation } });
}

class Settlement {
  private readonly a: Side;
  private readonly b: Side;

  constructor(
    a: Witness,
    b: Witness,
    private readonly referee: Referee,
  ) {
    const { config } = referee.weights.model;
    this.a = new Side('a', a, config, referee.sha256);
    this.b = new Side('b', b, config, referee.sha256);
  }

  async find(): Promise<Result<Finding>> {
    const question = differentQuestion(this.a.statement, this.b.statement);
    if (question !== null) {
      const detail = `The two were not asked the same: they differ in ${question}.`;
      return ok({ ...difference([], NOWHERE), detail });
    }
    const window = differentWindow(this.a.statement, this.b.statement);
    const token = window === null ? ok(-1) : await this.firstToken(window);
    if (!token.ok) return token;
    return token.value < 0 ? ok(this.finish()) : this.atToken(token.value);
  }

  private async firstToken({ first, end }: TokenWindow): Promise<Result<number>> {
    const a = await this.a.states(first, end);
    if (!a.ok) return a;
    const b = await this.b.states(first, end);
    if (!b.ok) return b;
    const [idsA, idsB] = [this.a.statement.outputIds, this.b.statement.outputIds];
    const at = a.value.findIndex(
      (state, i) => !same(state, b.value[i]) || idsA[first + i] !== idsB[first + i],
    );
    return ok(at < 0 ? -1 : first + at);
  }

  /** All tokens that both have agree: one may have more of them. */
  private finish(): Finding {
    const [a, b] = [this.a.statement.outputIds.length, this.b.statement.outputIds.length];
    if (a === b)
      return {
        differs: false,
        wrong: [],
        place: null,
        values: null,
        detail: 'Both say the same, bit by bit.',
      };
    const token = Math.min(a, b);
    const detail = `Both agree until one of them ends: a has ${a} tokens, b has ${b}.`;
    return { ...difference([], { ...NOWHERE, token, operator: 'finish' }), detail };
  }

  private async atToken(token: number): Promise<Result<Finding>> {
    const { promptIds } = this.a.statement;
    const count = promptIds.length + token;
    const a = await this.a.positions(count);
    if (!a.ok) return a;
    const b = await this.b.positions(count);
    if (!b.ok) return b;
    const position = firstDifferent(a.value, b.value);
    return position < 0 ? this.afterLogits(token) : this.atPosition(token, position);
  }

  private async atPosition(token: number, position: number): Promise<Result<Finding>> {
    const section = await this.firstWithin((side) => side.sections(position));
    if (!section.ok) return section;
    const at = await this.firstWithin((side) => side.operators(position, section.value));
    if (!at.ok) return at;
    const place = {
      position,
      section: section.value,
      ...this.a.operatorsAt(position, section.value)[at.value],
    };
    const judged = await judge(this.a, this.b, place, this.referee.weights, this.tokenAt(position));
    return judged.ok ? ok(this.report(token, place, judged.value)) : judged;
  }

  private async firstWithin(
    digests: (side: Side) => Promise<Result<readonly Uint8Array[]>>,
  ): Promise<Result<number>> {
    const a = await digests(this.a);
    if (!a.ok) return a;
    const b = await digests(this.b);
    if (!b.ok) return b;
    const at = firstDifferent(a.value, b.value);
    if (at >= 0) return ok(at);
    return err(new CodedError('DISPUTE_LOST', 'digests differ while all parts of them agree', {}));
  }

  private tokenAt(position: number): number {
    const { promptIds, outputIds } = this.a.statement;
    return position < promptIds.length ? promptIds[position] : outputIds[position - promptIds.length];
  }

  private report(token: number, place: Place, judgement: Judgement): Finding {
    const { position, section, operator, rank } = place;
    const layer = layerOf(this.referee.weights.model.config, section);
    const ofExpert = ['gate', 'up', 'activation', 'down'].includes(operator);
    const { wrong, values, index, work } = judgement;
    const where = `${operator}${layer === null ? '' : ` of layer ${layer}`} at position ${position}`;
    const at = { token, position, layer, operator, rank: ofExpert ? rank : null, index };
    const detail = `Token ${token} differs because of ${where}: ${blame(wrong)}.`;
    return { differs: true, wrong, place: at, values, detail, refereeWork: work };
  }

  /** The logits agree: the token was chosen differently, or what was committed to is not what was said. */
  private async afterLogits(token: number): Promise<Result<Finding>> {
    const { promptIds } = this.a.statement;
    const position = promptIds.length - 1 + token;
    const section = this.referee.weights.model.config.layers + 1;
    const logits = await this.a.value({ position, section, operator: 'logits', rank: 0 });
    if (!logits.ok) return logits;
    const [a, b] = [this.a.statement.outputIds[token], this.b.statement.outputIds[token]];
    const place = { ...NOWHERE, token };
    if (a === b) return this.commitments(token);
    const right = this.choose(logits.value, token);
    if (!right.ok) return right;
    const wrong = sides(a !== right.value, b !== right.value);
    const detail = `Token ${token} was chosen differently from the same logits: ${blame(wrong)}.`;
    const values = { a: String(a), b: String(b), right: String(right.value) };
    return ok({ differs: true, wrong, place: { ...place, operator: 'sample' }, values, detail });
  }

  private choose(logits: Float32Array, token: number): Result<number> {
    const { sampling, promptIds, outputIds } = this.a.statement;
    if (sampling.constraint !== undefined && this.referee.filter === undefined) {
      const message = 'the answer was constrained, and the tokens of this model are not known as text';
      return err(new CodedError('CONSTRAINT_UNSUPPORTED', message, {}, 400));
    }
    const filter = sampling.constraint === undefined ? null : (this.referee.filter?.() ?? null);
    const sampler = new Sampler(sampling, promptIds, filter);
    for (const id of outputIds.slice(0, token)) sampler.accept(id);
    return ok(sampler.choose(logits, token));
  }

  /** Token and logits agree: the states themselves are wrong. */
  private async commitments(token: number): Promise<Result<Finding>> {
    const wrong: SideName[] = [];
    for (const side of [this.a, this.b]) {
      const sound = await this.followsFrom(side, token);
      if (!sound.ok) return sound;
      if (!sound.value) wrong.push(side.name);
    }
    const detail = `Token ${token} and its logits agree, the commitments to them do not: ${blame(wrong)}.`;
    return ok({ ...difference(wrong, { ...NOWHERE, token, operator: 'commitment' }), detail });
  }

  private async followsFrom(side: Side, token: number): Promise<Result<boolean>> {
    const { sha256 } = this.referee;
    const { statement } = side;
    const before = token === 0 ? ok([initialState(statement, sha256)]) : await side.states(token - 1, token);
    if (!before.ok) return before;
    const after = await side.states(token, token + 1);
    if (!after.ok) return after;
    const { config } = this.referee.weights.model;
    const digests = await side.operators(statement.promptIds.length - 1 + token, config.layers + 1);
    if (!digests.ok) return digests;
    const expected = nextState(before.value[0], statement.outputIds[token], digests.value[1], sha256);
    return ok(same(expected, after.value[0]));
  }
}

function difference(wrong: readonly SideName[], place: DisputedPlace) {
  return { differs: true, wrong, place, values: null };
}

function sides(a: boolean, b: boolean): SideName[] {
  return [...(a ? (['a'] as const) : []), ...(b ? (['b'] as const) : [])];
}

function blame(wrong: readonly SideName[]): string {
  if (wrong.length === 0) return 'neither is shown to be wrong';
  return wrong.length === 2 ? 'both are wrong' : `${wrong[0]} is wrong`;
}

function contradicted({ message, facts }: CodedError): Finding {
  const wrong = [facts.side as SideName];
  const place: DisputedPlace = { ...NOWHERE, operator: 'commitment' };
  return { ...difference(wrong, place), detail: `${message}.` };
}

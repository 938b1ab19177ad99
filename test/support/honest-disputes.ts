import { unwrap } from '../../src/common/index.js';
import { nativeSha256 } from '../../src/common/native-hash.js';
import { publishCommitments } from '../../src/inference/commitment/index.js';
import { PlainWitness } from '../../src/inference/dispute/plain-witness.js';
import { settle } from '../../src/inference/dispute/settle.js';
import type { Verdict } from '../../src/inference/dispute/verdict.js';
import type { Witness } from '../../src/inference/dispute/witness.js';
import { ACCUSERS, type Accuser } from './accusers.js';
import { kernelWays, TYPESCRIPT_WAY, type AnswerWay, type PlainAnswer } from './answer-ways.js';
import {
  DISPUTE_SUBJECTS,
  drawQuestion,
  drawSalt,
  type DisputeQuestion,
  type DisputeSubject,
} from './dispute-subjects.js';
import { DisputeTrials } from './dispute-trials.js';
import { randomNumbers } from './schedules.js';

/** One dispute with at least one honest side. */
export interface HonestTrial {
  /** Who disputed: the two ways the answers were made in, or the way and what the accuser does. */
  readonly kind: string;
  readonly verdict: Verdict;
  /** What is wrong with the verdict; null when nothing is. */
  readonly failure: string | null;
}

/** A question with the way its answer was made in. */
interface HonestAnswer {
  readonly subject: DisputeSubject;
  readonly question: DisputeQuestion;
  readonly way: string;
  readonly made: PlainAnswer;
}

/**
 * Disputes in which nobody honest may be blamed: between two honest sides that computed differently, and between an honest side and
 * somebody who accuses it wrongly. The seed decides everything but the moments at which other ways of computing run threads.
 */
export class HonestDisputes {
  private readonly random: (below: number) => number;
  private readonly faults: DisputeTrials;
  private readonly ways: readonly AnswerWay[];

  /** @param ways besides the kernel on this thread and plain TypeScript */
  constructor(seed: number, ways: readonly AnswerWay[] = []) {
    this.random = randomNumbers(seed);
    this.faults = new DisputeTrials(seed + 1);
    this.ways = [TYPESCRIPT_WAY, ...kernelWays(this.random), ...ways];
  }

  /**
   * Two honest sides, each with a salt of its own, that computed in different ways: nothing may differ. One of them proves what it has
   * committed to by computing it again in plain TypeScript, so that a way with other bits is found out.
   */
  async agreeing(): Promise<HonestTrial> {
    const first = await this.honest(this.random(this.ways.length));
    const { subject, question } = first;
    const others = this.ways.filter(({ name }) => name !== first.way);
    const other = others[this.random(others.length)];
    const second = { ...first, way: other.name, made: await other.answer(subject, question) };
    const again = { ...second, question: { ...question, salt: drawSalt(this.random) } };
    const verdict = await this.settle(subject, witnessOf(first, true), witnessOf(again, false));
    const failure = verdict.differs || verdict.wrong.length > 0 ? verdict.detail : null;
    return { kind: [first.way, other.name].sort().join(' / '), verdict, failure };
  }

  /** An honest side that somebody accuses wrongly: it may not be blamed, and a liar has to be. */
  async accused(name: Accuser = drawAccuser(this.random)): Promise<HonestTrial> {
    const answer = await this.honest(this.random(this.ways.length));
    const { subject, question, made } = answer;
    const honest = witnessOf(answer, this.random(2) === 0);
    const salt = this.random(2) === 0 ? question.salt : drawSalt(this.random);
    const mistaken = () =>
      this.faults.mistaken(
        subject,
        { ...question, salt },
        publishCommitments(made.states, salt, nativeSha256),
      );
    const { blamed, accuse } = ACCUSERS[name];
    const options = optionsOf(subject);
    const accuser = await accuse({ honest, made, salt, options, mistaken, random: this.random });
    const isFirst = this.random(2) === 0;
    const verdict = await this.settle(
      subject,
      ...((isFirst ? [accuser, honest] : [honest, accuser]) as [Witness, Witness]),
    );
    const expected = blamed ? (isFirst ? 'a' : 'b') : '';
    const sound = verdict.differs && verdict.wrong.join() === expected;
    const failure = sound
      ? null
      : `blames ${verdict.wrong.join() || 'nobody'} for ${expected || 'nobody'}: ${verdict.detail}`;
    return { kind: name, verdict, failure };
  }

  private async honest(way: number): Promise<HonestAnswer> {
    const subject = DISPUTE_SUBJECTS[this.random(DISPUTE_SUBJECTS.length)];
    const question = drawQuestion(subject, this.random);
    const made = await this.ways[way].answer(subject, question);
    return { subject, question, way: this.ways[way].name, made };
  }

  private async settle({ weights }: DisputeSubject, a: Witness, b: Witness): Promise<Verdict> {
    return unwrap(await settle(a, b, { weights, sha256: nativeSha256 }));
  }
}

function optionsOf({ weights }: DisputeSubject) {
  return { weights, sha256: nativeSha256 };
}

/** The side that stands for an answer: with the states it was made with, or with those that plain TypeScript finds again. */
function witnessOf({ subject, question, made }: HonestAnswer, keepsStates: boolean): PlainWitness {
  const commitments = publishCommitments(made.states, question.salt, nativeSha256);
  const statement = { ...question, outputIds: made.tokens, commitments };
  return new PlainWitness(statement, optionsOf(subject), keepsStates ? made.states : null);
}

function drawAccuser(random: (below: number) => number): Accuser {
  const names = Object.keys(ACCUSERS) as Accuser[];
  return names[random(names.length)];
}

import { CodedError, err, ok, type Json, type Result } from '../../common/index.js';
import { ONE_PPM, parseBly } from './fixed-point.js';

/** How a coefficient may move, in millionths. */
export interface CoefficientPolicy {
  readonly start: bigint;
  readonly least: bigint;
  readonly most: bigint;
  /** At most so much of itself in an epoch. */
  readonly step: bigint;
  /** Demand in an epoch at which it stays as it is; a count, not millionths. */
  readonly target: bigint;
}

/** What use is paid, see `usageReward`; factors in millionths. */
export interface UsagePolicy {
  /** Units. */
  readonly base: bigint;
  readonly callsUnit: bigint;
  readonly callsMost: bigint;
  readonly speedFrom: bigint;
  readonly speedLeast: bigint;
  readonly recentMs: number;
  readonly later: bigint;
  /** Units that are collected from whoever asks for an answer; 0 where answers are free, and use earns nothing. */
  readonly fee: bigint;
  /** Who collects it: the server, with each receipt, or somebody elsewhere, of whom the log says nothing. */
  readonly feeBy: 'server' | 'elsewhere';
  /** Share of the fee that an answer earns at most. */
  readonly mostOfFee: bigint;
  /** How far from the median a score may count. */
  readonly scoreBand: bigint;
  /** Payers that must have scored before scores count. */
  readonly scorePayers: number;
}

/** A stage of the catalyst pool: `budget` units, paid as so many times a reward. */
export interface CatalystStage {
  readonly budget: bigint;
  readonly times: bigint;
}

/** How rewards are worked out: config/rewards.yaml, amounts in units. */
export interface RewardsPolicy {
  readonly supply: bigint;
  /** Units that may be issued in a calendar year. */
  readonly yearlyCap: bigint;
  /** Units for each percent of improvement. */
  readonly learningPerPercent: bigint;
  /** Share of a reward of learning that goes to those who gave the data, in millionths. */
  readonly datasetShare: bigint;
  readonly usage: UsagePolicy;
  readonly alpha: CoefficientPolicy;
  readonly beta: CoefficientPolicy;
  readonly catalyst: readonly CatalystStage[];
  /** Less than this waits for the next payout; units. */
  readonly leastPayout: bigint;
  readonly epochMs: number;
}

/** Larger factors are a mistake. */
const MOST_PPM = 1_000_000_000;
const MOST_STAGES = 16;

/** Carries the place of a mistake out of the reading. */
class Wrong extends Error {}

/** Reads the policy: `REWARDS_INVALID` names the first thing that is wrong. */
export function parseRewardsPolicy(file: unknown): Result<RewardsPolicy> {
  try {
    return ok(readPolicy(new Section(file, 'the file')));
  } catch (thrown) {
    if (!(thrown instanceof Wrong)) throw thrown;
    return err(new CodedError('REWARDS_INVALID', `The policy of rewards is wrong: ${thrown.message}.`));
  }
}

function readPolicy(file: Section): RewardsPolicy {
  file.only(
    'version',
    'supply',
    'yearly_cap_ppm',
    'learning_per_percent',
    'dataset_share_ppm',
    'usage',
    'coefficients',
    'catalyst',
    'payout',
  );
  if (file.whole('version', 1, 1) !== 1) throw new Wrong('version must be 1');
  const supply = file.bly('supply');
  const payout = file.section('payout').only('least', 'every_s');
  const coefficients = file.section('coefficients').only('alpha', 'beta');
  const yearlyCap = (supply * file.ppm('yearly_cap_ppm', Number(ONE_PPM))) / ONE_PPM;
  const catalyst = readCatalyst(file.section('catalyst').only('pool', 'stages'));
  if (catalyst.reduce((sum, { budget }) => sum + budget, 0n) > yearlyCap)
    throw new Wrong('catalyst.pool exceeds what may be issued in a year');
  return {
    ...{ supply, yearlyCap, learningPerPercent: file.bly('learning_per_percent') },
    datasetShare: file.ppm('dataset_share_ppm', Number(ONE_PPM)),
    usage: readUsage(file.section('usage')),
    alpha: readCoefficient(coefficients.section('alpha')),
    beta: readCoefficient(coefficients.section('beta')),
    ...{ catalyst, leastPayout: payout.bly('least'), epochMs: payout.whole('every_s', 1, 86_400) * 1000 },
  };
}

function readUsage(usage: Section): UsagePolicy {
  usage.only(
    'base',
    'calls_unit',
    'calls_most_ppm',
    'speed_from_ppm',
    'speed_least_ppm',
    'recent_s',
    'later_ppm',
    'fee',
    'fee_by',
    'most_of_fee_ppm',
    'score_band_ppm',
    'score_payers',
  );
  return {
    base: usage.bly('base'),
    callsUnit: BigInt(usage.whole('calls_unit', 1, 1_000_000)),
    callsMost: usage.ppm('calls_most_ppm'),
    speedFrom: usage.ppm('speed_from_ppm'),
    speedLeast: usage.ppm('speed_least_ppm'),
    recentMs: usage.whole('recent_s', 0, 31_536_000) * 1000,
    later: usage.ppm('later_ppm', Number(ONE_PPM)),
    fee: usage.bly('fee'),
    // Policies from before there was a choice said what was collected elsewhere.
    feeBy: usage.oneOf('fee_by', ['server', 'elsewhere'], 'elsewhere'),
    mostOfFee: usage.ppm('most_of_fee_ppm', Number(ONE_PPM)),
    scoreBand: usage.ppm('score_band_ppm', Number(ONE_PPM)),
    scorePayers: usage.whole('score_payers', 1, 1_000_000),
  };
}

function readCoefficient(section: Section): CoefficientPolicy {
  section.only('start_ppm', 'least_ppm', 'most_ppm', 'step_ppm', 'target');
  const [start, least, most] = [section.ppm('start_ppm'), section.ppm('least_ppm'), section.ppm('most_ppm')];
  if (least > start || start > most) throw new Wrong(`${section.place} must begin within its bounds`);
  const step = section.ppm('step_ppm', Number(ONE_PPM));
  return { start, least, most, step, target: BigInt(section.whole('target', 0, MOST_PPM)) };
}

function readCatalyst(section: Section): CatalystStage[] {
  const pool = section.bly('pool');
  const stages = section.list('stages', MOST_STAGES).map((stage) => {
    stage.only('share_ppm', 'times');
    return { share: stage.ppm('share_ppm', Number(ONE_PPM)), times: BigInt(stage.whole('times', 1, 1_000)) };
  });
  if (stages.reduce((sum, { share }) => sum + share, 0n) !== ONE_PPM)
    throw new Wrong('the shares of catalyst.stages must add up to 1000000');
  return stages.map(({ share, times }) => ({ budget: (pool * share) / ONE_PPM, times }));
}

/** A part of the file that says where a mistake is. */
class Section {
  private readonly members: Readonly<Record<string, Json | undefined>>;

  constructor(
    value: unknown,
    readonly place: string,
  ) {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw new Wrong(`${place} must have members`);
    this.members = value as Readonly<Record<string, Json>>;
  }

  only(...names: readonly string[]): this {
    const extra = Object.keys(this.members).find((name) => !names.includes(name));
    if (extra !== undefined) throw new Wrong(`${this.place} does not know ${extra}`);
    return this;
  }

  bly(name: string): bigint {
    const value = this.members[name];
    const units = typeof value === 'string' ? parseBly(value) : null;
    if (units === null)
      throw new Wrong(`${name} of ${this.place} must be an amount of BLY in quotes, such as '0.5'`);
    return units;
  }

  ppm(name: string, most = MOST_PPM): bigint {
    return BigInt(this.whole(name, 0, most));
  }

  oneOf<T extends string>(name: string, words: readonly T[], usual: T): T {
    const value = this.members[name] === undefined ? usual : this.members[name];
    const word = words.find((known) => known === value);
    if (word === undefined) throw new Wrong(`${name} of ${this.place} must be ${words.join(' or ')}`);
    return word;
  }

  whole(name: string, least: number, most: number): number {
    const value = this.members[name];
    if (typeof value !== 'number' || !Number.isInteger(value) || value < least || value > most)
      throw new Wrong(`${name} of ${this.place} must be a whole number from ${least} to ${most}`);
    return value;
  }

  section(name: string): Section {
    return new Section(this.members[name], name);
  }

  list(name: string, most: number): Section[] {
    const value = this.members[name];
    if (!Array.isArray(value) || value.length === 0 || value.length > most)
      throw new Wrong(`${name} of ${this.place} must be a list of 1 to ${most}`);
    return (value as readonly Json[]).map((item, i) => new Section(item, `${name}[${i}]`));
  }
}

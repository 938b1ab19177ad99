import type { AppConfig } from '../../config/index.js';
import {
  meanLosses,
  pairedBootstrap,
  type Fall,
  type MeanLosses,
  type PairedLoss,
} from './paired-bootstrap.js';

/** What a candidate must reach. */
export interface AcceptanceRules {
  /** Share by which the loss must fall, overall and in every claimed domain. */
  readonly delta: number;
  /** Share by which the loss of no domain may rise, unless the rise may be chance. */
  readonly epsilon: number;
  /** Losses below this count as this where a rise is weighed: a share of nearly nothing says nothing. Nats per token. */
  readonly lossFloor: number;
  readonly resamples: number;
}

/** The rules of a server that sets nothing else. */
export const ACCEPTANCE_RULES: AcceptanceRules = {
  ...{ delta: 0.02, epsilon: 0.01, lossFloor: 0.05, resamples: 4_000 },
};

/** The rules of a server by its settings. Verdicts state them, so each is held to those it was made by. */
export function acceptanceRules({
  learningDelta: delta,
  learningEpsilon: epsilon,
}: Pick<AppConfig, 'learningDelta' | 'learningEpsilon'>): AcceptanceRules {
  return { ...ACCEPTANCE_RULES, delta, epsilon };
}

/** What was measured in one domain, or overall. */
export interface DomainFigures extends MeanLosses, Fall {
  readonly examples: number;
  readonly tokens: number;
}

/** What a candidate was judged on. */
export interface EvaluationFigures {
  /** Mean over the domains, each counting the same. */
  readonly overall: DomainFigures;
  readonly domains: Readonly<Record<string, DomainFigures>>;
}

/** Why a candidate was not accepted. */
export interface Reason {
  readonly code: string;
  readonly detail: string;
}

/** Losses of every domain, as they were drawn. */
export type DomainLosses = Readonly<Record<string, readonly PairedLoss[]>>;

/** Works out the figures. @param seed the beacon, so that the intervals can be recomputed */
export async function evaluationFigures(
  losses: DomainLosses,
  seed: string,
  resamples: number,
): Promise<EvaluationFigures> {
  const figures = async (
    name: string,
    groups: readonly (readonly PairedLoss[])[],
  ): Promise<DomainFigures> => ({
    ...meanLosses(groups),
    ...(await pairedBootstrap(groups, `${seed}/bootstrap/${name}`, resamples)),
    examples: groups.reduce((sum, group) => sum + group.length, 0),
    tokens: groups.flat().reduce((sum, { tokens }) => sum + tokens, 0),
  });
  const domains: Record<string, DomainFigures> = {};
  for (const [name, group] of Object.entries(losses)) domains[name] = await figures(name, [group]);
  return { overall: await figures('overall', Object.values(losses)), domains };
}

/** Why these figures do not suffice; empty: accepted. @param claimed domains that must get better */
export function reasonsAgainst(
  { overall, domains }: EvaluationFigures,
  claimed: readonly string[],
  rules: AcceptanceRules,
): Reason[] {
  const unknown = claimed
    .filter((name) => domains[name] === undefined)
    .map((name) => reason('DOMAIN_UNKNOWN', `nothing is drawn for the domain ${name}`));
  const asked: [string, DomainFigures][] = [
    ['overall', overall],
    ...claimed.flatMap((name): [string, DomainFigures][] =>
      domains[name] === undefined ? [] : [[name, domains[name]]],
    ),
  ];
  const small = asked
    .filter(([, { fall }]) => !(fall >= rules.delta))
    .map(([name, { fall }]) =>
      reason(
        'GAIN_TOO_SMALL',
        `${name}: the loss falls by ${percent(fall)}, asked for is ${percent(rules.delta)}`,
      ),
    );
  const unsure = asked
    .filter(([, { fall, low }]) => fall >= rules.delta && !(low > 0))
    .map(([name, { low }]) =>
      reason('GAIN_UNCERTAIN', `${name}: the fall may be chance, its interval begins at ${percent(low)}`),
    );
  const worse = Object.entries(domains)
    .map(([name, figures]) => ({ name, rise: riseOf(figures, rules.lossFloor), high: figures.high }))
    .filter(({ rise, high }) => !(rise <= rules.epsilon || high >= 0))
    .map(({ name, rise }) =>
      reason(
        'DOMAIN_WORSE',
        `${name}: the loss rises by ${percent(rise)}, allowed is ${percent(rules.epsilon)}`,
      ),
    );
  return [...unknown, ...small, ...unsure, ...worse];
}

/**
 * Domains whose loss rises by more than is allowed, though it may be chance that it rises at all: a few examples cannot say, and more of
 * them are worth their cost.
 */
export function doubtfulDomains(
  { domains }: EvaluationFigures,
  { epsilon, lossFloor }: AcceptanceRules,
): string[] {
  return Object.entries(domains)
    .filter(([, figures]) => riseOf(figures, lossFloor) > epsilon && figures.high >= 0)
    .map(([name]) => name);
}

/**
 * What a verdict tells beside its reasons: `DOMAIN_UNCERTAIN` for every domain that is still in doubt (`doubtfulDomains`) after all that
 * was drawn. It is no reason against a candidate: what may be chance is not held against it.
 */
export function doubtsAbout(figures: EvaluationFigures, rules: AcceptanceRules): Reason[] {
  return doubtfulDomains(figures, rules).map((name) => {
    const { examples, low, high } = figures.domains[name];
    const rise = percent(riseOf(figures.domains[name], rules.lossFloor));
    return reason(
      'DOMAIN_UNCERTAIN',
      `${name}: the loss rises by ${rise} on ${examples} examples, which may be chance (a fall between ${percent(low)} and ${percent(high)})`,
    );
  });
}

function riseOf({ base, candidate }: MeanLosses, floor: number): number {
  return (candidate - base) / Math.max(base, floor);
}

function percent(share: number): string {
  return `${(share * 100).toFixed(2)} %`;
}

function reason(code: string, detail: string): Reason {
  return { code, detail };
}

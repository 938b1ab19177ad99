import { createHmac } from 'node:crypto';
import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { SafetyFigures } from '../../common/autonomy/safety-figures.js';
import { EventBus, systemClock } from '../../common/index.js';
import { AccessPatterns } from '../../common/observation/access-patterns.js';
import { SecuritySignals, type SecuritySignal } from '../../common/observation/security-signals.js';
import type { QuerySource } from '../../common/query-source.js';
import { AppConfig, Instance } from '../../config/index.js';
import { NodeKeys } from '../../keys/index.js';
import type { Severity } from '../alerts/alert.js';
import { ObservationStore, type StoredObservation } from '../history/observation-store.js';
import { observation, type MonitoringAgent, type Observation } from './agent.js';
import { AgentRegistry } from './agent-registry.js';
import { oddAccess } from './odd-access.js';
import { securityScore } from './security-score.js';

const WINDOW_MINUTES = 60;
/** A score that nobody has renewed for so many rounds is none, at least so many minutes. */
const ROUNDS = 3;
const LEAST_MINUTES = 15;
const MINUTE_MS = 60_000;
const NAME_DIGITS = 32;
/** The measure that tells one process from another: when it began, ms since the epoch. */
const PROCESS = 'process_began_ms';

/** Counts in an hour from which on somebody should know, and how urgently. */
const BOUNDS: Readonly<
  Record<SecuritySignal, { readonly from: number; readonly severity: Severity; readonly what: string }>
> = {
  integrity: { from: 1, severity: 'critical', what: 'stored blocks are not what their hashes say' },
  token_reused: {
    from: 1,
    severity: 'critical',
    what: 'refresh tokens were used twice: somebody else has them',
  },
  login_throttled: {
    from: 10,
    severity: 'warning',
    what: 'sign-ins were slowed down: somebody guesses passwords',
  },
  login_refused: { from: 50, severity: 'warning', what: 'sign-ins failed' },
  token_invalid: { from: 100, severity: 'warning', what: 'worthless tokens were presented' },
  forbidden: { from: 100, severity: 'warning', what: 'calls asked for more than they may' },
  rate_limited: { from: 1_000, severity: 'warning', what: 'calls exceeded their limit' },
};

/** Failed sign-ins, used-up tokens, probes for privileges and damaged blocks; gives guardians the security score. */
@Injectable()
export class SecurityAgent implements MonitoringAgent, OnModuleInit, OnModuleDestroy {
  readonly name = 'security';
  readonly about =
    'Failed sign-ins, worthless and reused tokens, odd access, integrity failures; the security score';
  private latest: { readonly score: number; readonly at: number } | null = null;
  private readonly began = Math.round(performance.timeOrigin);
  private stop = (): void => undefined;

  constructor(
    private readonly config: AppConfig,
    private readonly registry: AgentRegistry,
    private readonly signals: SecuritySignals,
    private readonly patterns: AccessPatterns,
    private readonly figures: SafetyFigures,
    private readonly events: EventBus,
    private readonly keys: NodeKeys,
    private readonly store: ObservationStore,
    private readonly instance: Instance,
  ) {}

  onModuleInit(): void {
    this.registry.register(this);
    this.figures.provideSecurity(
      (source) => this.worst(source),
      (source) => this.bound(source),
    );
    this.stop = this.events.on('block.failed', () => this.signals.count('integrity'));
  }

  onModuleDestroy(): void {
    this.stop();
  }

  async observe(): Promise<Observation> {
    const counts = this.signals.within(WINDOW_MINUTES);
    const score = securityScore(counts);
    this.latest = { score, at: performance.now() };
    const troubles = (Object.keys(BOUNDS) as SecuritySignal[]).flatMap((signal) => {
      const { from, severity, what } = BOUNDS[signal];
      if (counts[signal] < from) return [];
      const evidence = { [signal]: counts[signal], within_minutes: WINDOW_MINUTES, score };
      return [
        {
          fingerprint: `security.${signal}`,
          ...{ severity, evidence, summary: `${counts[signal]} times within an hour: ${what}` },
        },
      ];
    });
    const detail = `security score ${score.toFixed(2)}`;
    const odd = oddAccess(this.patterns, (of) => this.nameless(of));
    const measures = { ...counts, odd_access: odd.length, security_score: score, [PROCESS]: this.began };
    return observation({ detail, score, measures, troubles: [...troubles, ...odd] });
  }

  /** HMAC-SHA256 with a secret of this node: the same for the same account or credential, and nobody else can tell whose it is. */
  private nameless(of: string): string {
    const hash = createHmac('sha256', this.keys.tokenSecret).update(`stemma/odd-access/v1 ${of}`);
    return hash.digest('hex').slice(0, NAME_DIGITS);
  }

  /** The worst score of all servers, because an attack on one is one on all; undefined while this one has not looked. */
  private async worst(source?: QuerySource): Promise<number | undefined> {
    const own = this.ownScore();
    if (own === undefined) return undefined;
    const isOwn = ({ instance, measures }: StoredObservation) =>
      instance === this.instance.id && measures[PROCESS] === this.began;
    const others = (await this.seen(source)).filter((each) => !isOwn(each));
    return Math.min(own, ...others.map(({ score }) => score ?? 1));
  }

  /** The worst that any server saw, this one included: that nobody looks any more makes nothing better. */
  private async bound(source?: QuerySource): Promise<number | undefined> {
    const seen = await this.seen(source);
    return seen.length === 0 ? undefined : Math.min(...seen.map(({ score }) => score ?? 1));
  }

  /**
   * What each process saw last, for as long as the signals that it saw would count: so does one that has ended, this server's own
   * before a restart included.
   */
  private seen(source?: QuerySource): Promise<StoredObservation[]> {
    const from = systemClock.now() - WINDOW_MINUTES * MINUTE_MS;
    return this.store.lastOfEach(this.name, PROCESS, from, source);
  }

  /** The score of the last round while it is fresh: what is unknown must not pass for good. */
  private ownScore(): number | undefined {
    if (this.latest === null || performance.now() - this.latest.at > this.freshMs) return undefined;
    return this.latest.score;
  }

  private get freshMs(): number {
    return Math.max(LEAST_MINUTES, this.config.monitoringMinutes * ROUNDS) * MINUTE_MS;
  }
}

import { Injectable, type OnModuleInit } from '@nestjs/common';
import { observation, type MonitoringAgent, type Observation } from './agent.js';
import { AgentRegistry } from './agent-registry.js';
import { DecisionTrend, type DecisionTrendFigures } from './decision-trend.js';

/** Bounds beyond which a guardian should look; fewer decisions than these say nothing. */
const LEAST_DECISIONS = 20;
const MOST_ESCALATED = 0.5;
const LARGEST_FALL = 0.15;
/** Guessing 0.5 every time scores this. */
const WORST_BRIER = 0.25;

/** Confidence, escalations and quality of the server's decisions. */
@Injectable()
export class DecisionAgent implements MonitoringAgent, OnModuleInit {
  readonly name = 'decision';
  readonly about = 'Confidence, escalations and quality of what the server decides';

  constructor(
    private readonly registry: AgentRegistry,
    private readonly trend: DecisionTrend,
  ) {}

  onModuleInit(): void {
    this.registry.register(this);
  }

  async observe(): Promise<Observation> {
    const figures = await this.trend.read();
    if (figures === undefined || figures.decisions === 0)
      return observation({ detail: 'nothing recorded yet', measures: { decisions: 0 }, troubles: [] });
    const { decisions, escalated, confidence, brier } = figures;
    return observation({
      detail: `${decisions} decisions in a day, ${Math.round(escalated * 100)} % went to guardians, mean confidence ${confidence.toFixed(2)}`,
      score: confidence,
      measures: { decisions, escalated, confidence, ...(brier === null ? {} : { brier }) },
      troubles: decisions < LEAST_DECISIONS ? [] : troublesOf(figures),
    });
  }
}

function troublesOf(figures: DecisionTrendFigures): Observation['troubles'] {
  const { escalated, confidence, confidenceBefore, brier } = figures;
  const trouble = (what: string, summary: string) => ({
    fingerprint: `decision.${what}`,
    ...{ severity: 'warning' as const, summary, evidence: { ...figures } },
    // The decisions of all servers lie in one database.
    shared: true as const,
  });
  const fall = confidenceBefore === null ? 0 : confidenceBefore - confidence;
  return [
    ...(escalated > MOST_ESCALATED
      ? [trouble('escalations', 'More than half of the decisions go to guardians')]
      : []),
    ...(fall > LARGEST_FALL
      ? [trouble('confidence', `The confidence fell by ${fall.toFixed(2)} within a day`)]
      : []),
    ...((brier ?? 0) > WORST_BRIER
      ? [trouble('quality', 'The confidence predicts worse than guessing would')]
      : []),
  ];
}

import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { DecisionTrend, type DecisionTrendFigures } from '../../monitoring/index.js';

interface TrendRow {
  readonly decisions: string;
  readonly escalated: number | null;
  readonly confidence: number | null;
  readonly confidence_before: number | null;
  readonly brier: number | null;
}

/** Tells the monitoring how the decisions of the last day went. */
@Injectable()
export class TrendSource implements OnModuleInit {
  constructor(
    private readonly trend: DecisionTrend,
    private readonly dataSource: DataSource,
  ) {}

  onModuleInit(): void {
    this.trend.provide(() => this.figures());
  }

  /** Figures of the last 24 hours, overrides left out; undefined while nothing was decided in them. */
  async figures(): Promise<DecisionTrendFigures | undefined> {
    const [row] = await this.dataSource.query<TrendRow[]>(
      `WITH recent AS (
         SELECT d.estimate, d.helped, d.created_at >= (extract(epoch FROM now()) - 86400) * 1000 AS today,
           EXISTS (SELECT FROM escalations e WHERE e.decision_id = d.id) AS escalated
         FROM decisions d
         WHERE d.created_at >= (extract(epoch FROM now()) - 172800) * 1000 AND d.type <> 'guardian_override'
       )
       SELECT count(*) FILTER (WHERE today) AS decisions,
         avg(escalated::int) FILTER (WHERE today)::float8 AS escalated,
         avg(estimate) FILTER (WHERE today) AS confidence,
         avg(estimate) FILTER (WHERE NOT today) AS confidence_before,
         avg((estimate - helped::int) ^ 2) FILTER (WHERE today AND helped IS NOT NULL) AS brier
       FROM recent`,
    );
    const decisions = Number(row.decisions);
    if (decisions === 0) return undefined;
    const { escalated, confidence, confidence_before: confidenceBefore, brier } = row;
    return { decisions, escalated: escalated ?? 0, confidence: confidence ?? 0, confidenceBefore, brier };
  }
}

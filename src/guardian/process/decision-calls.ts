import { Injectable } from '@nestjs/common';
import { AlertBook } from '../../monitoring/index.js';
import type { DecisionRow } from '../store/rows.js';

/** Why a guardian is called: only a person can go on. */
export type CallReason = 'cut_off' | 'effect_unknown' | 'not_taken_back';

/** Calls a guardian about a decision that the server cannot bring to its end by itself. */
@Injectable()
export class DecisionCalls {
  constructor(private readonly book: AlertBook) {}

  /** Raises a critical alert, once per decision and reason; acknowledging it ends it. */
  async call(reason: CallReason, row: DecisionRow, detail: string): Promise<void> {
    await this.book.raise({
      fingerprint: `decisions.${reason}.${row.id}`,
      ...{ source: 'decisions', severity: 'critical', lasting: false },
      summary: `${row.type}/${row.action} on ${row.subject}: ${detail}`,
      evidence: { decision: row.id, state: row.state, reason },
    });
  }
}

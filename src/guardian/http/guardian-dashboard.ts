import { Injectable } from '@nestjs/common';
import { SafetyFigures } from '../../common/autonomy/safety-figures.js';
import { ActionRegistry } from '../actions/action-registry.js';
import { EngineSizing } from '../actions/engine-sizing.js';
import { ReleaseStages } from '../actions/release-stages.js';
import { GuardianTrail } from '../audit/guardian-trail.js';
import { MatrixBook } from '../matrix/matrix-book.js';
import { SafetyChecks } from '../safety/safety-checks.js';
import { EmergencyStop } from '../stop/emergency-stop.js';
import { DecisionStore } from '../store/decision-store.js';
import { decisionView, escalationView } from './views.js';
import { WaitingApprovals } from './waiting-approvals.js';

const SHOWN = 20;
const MOST_OPEN = 200;

/** Everything a guardian needs at a glance, in one answer. */
@Injectable()
export class GuardianDashboard {
  constructor(
    private readonly store: DecisionStore,
    private readonly trail: GuardianTrail,
    private readonly book: MatrixBook,
    private readonly safety: SafetyChecks,
    private readonly figures: SafetyFigures,
    private readonly emergency: EmergencyStop,
    private readonly registry: ActionRegistry,
    private readonly stages: ReleaseStages,
    private readonly sizing: EngineSizing,
    private readonly approvals: WaitingApprovals,
  ) {}

  /** The answer of `GET /api/guardian/dashboard`. */
  async read(): Promise<object> {
    const [open, recent, audit, securityScore, approvals] = await Promise.all([
      this.store.escalations({ state: 'open', limit: MOST_OPEN }),
      this.store.list({ limit: SHOWN }),
      this.trail.newest(SHOWN),
      this.figures.securityScore(),
      this.approvals.all(),
    ]);
    const { hash } = this.book.current;
    const { problem } = this.book;
    return {
      autonomy: this.emergency.state,
      escalations: open.filter(([{ late }]) => !late).map(([row, decision]) => escalationView(row, decision)),
      approvals,
      decisions: recent.map(decisionView),
      audit: audit.map(({ hash: record, position, txid, record: facts }) => ({
        hash: record,
        position,
        txid,
        ...facts,
      })),
      matrix: { hash, problem: problem === null ? null : { code: problem.code, detail: problem.message } },
      safety: { thresholds: this.safety.thresholds, security_score: securityScore ?? null },
      stages: this.stages.all,
      engine: { size: this.sizing.current, changed: this.sizing.setting.size },
      actions: this.registry.all.map(({ type, name, summary, parameters }) => ({
        type,
        name,
        summary,
        parameters,
      })),
    };
  }
}

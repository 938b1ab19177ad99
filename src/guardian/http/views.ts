import type { PlacedGuardianRecord } from '../audit/guardian-trail.js';
import type { Forecast } from '../process/decision-service.js';
import type { Appraisal, DecisionRow, EscalationRow } from '../store/rows.js';
import type { Proposal } from '../actions/decision-action.js';

/** A decision as its endpoints show it. */
export function decisionView(row: DecisionRow) {
  return {
    decision_id: row.id,
    type: row.type,
    action: row.action,
    subject: row.subject,
    parameters: row.parameters,
    state: row.state,
    asked_by: row.askedBy,
    idempotency_key: row.idempotencyKey,
    emergency: row.emergency,
    delegated: row.delegated,
    automatic: row.automatic,
    decided_by: row.decidedBy,
    reason: row.reason,
    result: row.result,
    helped: row.helped,
    detail: row.detail,
    acted_at: row.actedAt,
    created_at: row.createdAt,
    updated_at: row.updatedAt,
    ...proposalView(row.proposal),
    ...appraisalView(row.appraisal),
  };
}

/** A question with all that is needed to answer it. */
export function escalationView(row: EscalationRow, decision: DecisionRow) {
  const open = row.state === 'open' && !row.late;
  return {
    escalation_id: row.id,
    state: row.state === 'open' && row.late ? 'expired' : row.state,
    asked_at: row.askedAt,
    expires_at: row.expiresAt,
    if_nobody_answers: open ? 'nothing is done: no answer means no' : null,
    answered_by: row.answeredBy,
    answered_at: row.answeredAt,
    reason: row.reason,
    amended: row.amended,
    decision: decisionView(decision),
  };
}

/** What would become of a request. */
export function forecastView({ proposal, appraisal, state }: Forecast) {
  return { dry_run: true, state, ...proposalView(proposal), ...appraisalView(appraisal) };
}

/** A change of the limits. */
export function tuningView({ hash, txid, record }: PlacedGuardianRecord) {
  const { at, actor, reason, facts } = record;
  return { hash, txid, at, actor, reason, from: facts.from, to: facts.to };
}

function proposalView(proposal: Proposal) {
  return {
    what: proposal.what,
    why: proposal.why,
    touches: proposal.touches,
    expected_effect: proposal.expectedEffect,
    undo: proposal.undo,
    evidence: proposal.evidence,
    release: proposal.release,
    alternatives: (proposal.alternatives ?? []).map(
      ({ action, touches, blastRadius, expectedEffect, undo }) => ({
        ...{ action, touches, blast_radius: blastRadius, expected_effect: expectedEffect, undo },
      }),
    ),
  };
}

function appraisalView({ confidence, model, bias, contributions, ...rest }: Appraisal) {
  const { circumstances, safety, intended, outcome, grounds, matrix } = rest;
  return {
    confidence: { ...confidence, model, bias, contributions },
    circumstances: {
      stopped: circumstances.stopped,
      automatic_in_hour: circumstances.automaticInHour,
      seconds_since_last: circumstances.secondsSinceLast,
      attempts_in_day: circumstances.attemptsInDay,
      blast_radius: circumstances.blastRadius,
      tried: circumstances.tried,
      helped: circumstances.helped,
    },
    ...{ safety, intended, outcome, grounds, matrix },
  };
}

/** What is being done when a stop comes: an effect that has begun is finished, the rest becomes `held`. */
export function underWayView({ id, type, action, subject, automatic }: DecisionRow): object {
  return { decision_id: id, type, action, subject, automatic };
}

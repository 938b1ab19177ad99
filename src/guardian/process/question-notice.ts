import type { Notice } from '../../notifications/index.js';
import type { DecisionRow, EscalationRow } from '../store/rows.js';

/** The key under which a question is told: once while it is open. */
export function keyOfQuestion(escalation: string): string {
  return `escalation:${escalation}`;
}

/** What a guardian reads before opening the dashboard: enough to know whether it can wait. */
export function noticeOfQuestion(
  { id, expiresAt }: Pick<EscalationRow, 'id' | 'expiresAt'>,
  {
    type,
    proposal,
    emergency,
    appraisal,
  }: Pick<DecisionRow, 'type' | 'proposal' | 'emergency' | 'appraisal'>,
): Notice {
  const { lower, threshold } = appraisal.confidence;
  return {
    key: keyOfQuestion(id),
    kind: 'escalation',
    severity: emergency ? 'critical' : 'warning',
    title: `May the server do this? ${proposal.what}`,
    text: [
      `${type}: ${proposal.what}`,
      `Why: ${proposal.why}`,
      `It touches: ${proposal.touches}`,
      `Expected: ${proposal.expectedEffect}`,
      `To take it back: ${proposal.undo}`,
      `Confidence at least ${lower.toFixed(2)}, needed ${threshold.toFixed(2)}`,
      `Nobody answers until ${new Date(expiresAt).toISOString()}: it is not done.`,
    ].join('\n'),
    path: '/guardian',
    needsAnswer: true,
  };
}

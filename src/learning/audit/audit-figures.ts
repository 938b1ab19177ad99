import type { AskedOpening } from '../submission/submission-row.js';
import type { TrainingAuditFigures } from '../verdict/verdict.js';
import { detectionOdds, drawnByChance } from './draw.js';

/** What a verdict says of an audit that found nothing. */
export function auditFigures({ updates, of, share }: AskedOpening): TrainingAuditFigures {
  const odds = (forged: number) =>
    updates.length === of ? 1 : detectionOdds(forged, drawnByChance(updates.length));
  return { updates, of, share, odds: { tenth: odds(0.1), quarter: odds(0.25), half: odds(0.5) } };
}

/** The same as a sentence: how much was replayed, and what that is good for. */
export function auditDetail({ updates, of, share, odds }: TrainingAuditFigures): string {
  const percent = (value: number) => `${(value * 100).toFixed(1)} %`;
  return (
    `${updates.length} of ${of} updates, ${percent(share)} of its tokens, were replayed bit by bit; ` +
    `if a tenth of all were forged, at least ${percent(odds.tenth)} of such audits would find it`
  );
}

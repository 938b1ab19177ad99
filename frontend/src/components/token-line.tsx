import type { Verification } from '../hooks/verification.js';
import { number } from './format.js';
import styles from './verify-panel.module.css';

/** The answer token by token: grey until replayed, green in steps of 32 as commitments agree, red from the first that does not. */
export function TokenLine({ verification }: { verification: Verification }) {
  const { pieces, agreedTokens, totalTokens, verdict } = verification;
  const differs = verdict?.findings.some((finding) => finding.step === 'replay') ?? false;
  return (
    <div>
      <div className="row" style={{ justifyContent: 'space-between', marginBottom: 6 }}>
        <span className="label">Tokens replayed</span>
        <span>
          {number(agreedTokens)} of {number(totalTokens)} agree
        </span>
      </div>
      <div
        className={styles.bar}
        role="progressbar"
        aria-label="Tokens that agree"
        aria-valuemin={0}
        aria-valuemax={totalTokens}
        aria-valuenow={agreedTokens}
      >
        <div style={{ width: `${(100 * agreedTokens) / totalTokens}%` }} />
      </div>
      {pieces.length > 0 && (
        <div
          className={styles.tokens}
          style={{ marginTop: 8 }}
          tabIndex={0}
          role="region"
          aria-label="Tokens of the answer"
        >
          {pieces.map((piece, index) => (
            <span
              key={index}
              className={index < agreedTokens ? styles.ok : differs ? styles.bad : undefined}
              title={`token ${index}`}
            >
              {piece}
            </span>
          ))}
        </div>
      )}
    </div>
  );
}

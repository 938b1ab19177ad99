import { IconCircleCheckFilled, IconCircleXFilled, IconClockHour4 } from '@tabler/icons-react';
import type { Finding, Verdict } from '../verify/protocol.js';
import { bytes, duration, number, shortHash } from './format.js';
import styles from './verify-panel.module.css';

const looks = {
  agrees: { icon: IconCircleCheckFilled, style: styles.agrees },
  differs: { icon: IconCircleXFilled, style: styles.differs },
  partial: { icon: IconClockHour4, style: styles.partial },
} as const;

/** The closing sentence: everything agrees, or exactly what does not and from which token. */
export function VerdictSentence({ verdict }: { verdict: Verdict }) {
  const { icon: Icon, style } = looks[verdict.outcome];
  return (
    <div className={`${styles.verdict} ${style}`} data-outcome={verdict.outcome}>
      <Icon size={20} aria-hidden />
      <div>
        {verdict.outcome === 'agrees' && <Agreement verdict={verdict} />}
        {verdict.outcome === 'differs' && <Differences findings={verdict.findings} />}
        {verdict.outcome === 'partial' && (
          <p>
            Whatever could be checked agrees, but the answer was not replayed:{' '}
            {verdict.lane ?? 'its prompt is not shown to this reader'}.
          </p>
        )}
        <p className={styles.small}>
          Checked in this browser in {duration(verdict.durationMs)}, {bytes(verdict.downloadedBytes)}{' '}
          downloaded
          {verdict.cachedBytes > 0 && `, ${bytes(verdict.cachedBytes)} kept from before`}.
        </p>
      </div>
    </div>
  );
}

function Agreement({ verdict }: { verdict: Verdict }) {
  return (
    <p>
      This answer was produced by{' '}
      <strong>
        {verdict.model} {verdict.version}
      </strong>
      , kernel <span className="mono">{shortHash(verdict.kernel ?? '', 4, 4)}</span>, and every one of{' '}
      <strong>{number(verdict.tokens)}</strong> tokens agrees.
    </p>
  );
}

function Differences({ findings }: { findings: readonly Finding[] }) {
  return (
    <>
      <p>
        <strong>This answer is not proved.</strong>{' '}
        {findings.length === 1 ? 'One thing does not agree:' : `${findings.length} things do not agree:`}
      </p>
      <ul>
        {findings.map((finding, index) => (
          <li key={index}>
            <strong className="mono">{finding.part}</strong>: {finding.detail}
            {finding.fromToken !== null && `; from token ${number(finding.fromToken)} on`}.
          </li>
        ))}
      </ul>
    </>
  );
}

import { IconCircleCheckFilled, IconCircleXFilled } from '@tabler/icons-react';
import type { Finding, Verdict } from '../verify/protocol.js';
import { bytes, duration, number, shortHash } from './format.js';
import styles from './verify-panel.module.css';

/** The closing sentence: everything agrees, or exactly what does not and from which token. */
export function VerdictSentence({ verdict }: { verdict: Verdict }) {
  const Icon = verdict.agrees ? IconCircleCheckFilled : IconCircleXFilled;
  return (
    <div className={`${styles.verdict} ${verdict.agrees ? styles.agrees : styles.differs}`} data-agrees={verdict.agrees}>
      <Icon size={20} aria-hidden />
      <div>
        {verdict.agrees ? <Agreement verdict={verdict} /> : <Differences findings={verdict.findings} />}
        <p className={styles.small}>
          Checked in this browser in {duration(verdict.durationMs)}, {bytes(verdict.downloadedBytes)} downloaded
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
        <strong>This answer is not proved.</strong> {findings.length === 1 ? 'One thing does not agree:' : `${findings.length} things do not agree:`}
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

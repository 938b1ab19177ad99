import { Anchor, Button } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { Link } from 'react-router';
import { Problem } from '../api/problem.js';
import { AccessTokenForm } from './access-token-form.js';
import { adviceFor } from './advice.js';
import styles from './notice.module.css';

/** Refusals that somebody who signs in does not get. */
const SIGN_IN_HELPS = new Set(['UNAUTHENTICATED', 'TOKEN_INVALID']);

/** A refusal for people: what happened, what was not affected, what to do, and the code to look up. */
export function ProblemNotice({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const problem = Problem.from(error);
  const advice = adviceFor(problem);
  return (
    <div className={`${styles.notice} ${styles.failed}`} role="alert">
      <IconAlertTriangle size={18} aria-hidden />
      <div className={styles.title}>{advice.title}</div>
      <div className={styles.body}>
        <p>{problem.detail}</p>
        {advice.unaffected !== null && <p>{advice.unaffected}</p>}
        <p>{advice.action}</p>
      </div>
      {SIGN_IN_HELPS.has(problem.code) && (
        <Anchor component={Link} to="/sign-in" size="sm" style={{ gridColumn: 2 }}>
          Sign in
        </Anchor>
      )}
      {SIGN_IN_HELPS.has(problem.code) && <AccessTokenForm onSaved={onRetry} />}
      <div className={styles.actions}>
        {onRetry !== undefined && (
          <Button size="compact-sm" variant="default" onClick={onRetry}>
            Try again
          </Button>
        )}
        <Anchor component={Link} to={`/problems/${problem.code}`} className="mono" size="sm">
          {problem.code}
        </Anchor>
        {problem.requestId !== null && <span className="label">request {problem.requestId}</span>}
      </div>
    </div>
  );
}

/** What would be here, and the way to make it appear. */
export function Empty({ title, children }: { title: string; children: React.ReactNode }) {
  return (
    <div className={styles.empty}>
      <strong>{title}</strong>
      <div>{children}</div>
    </div>
  );
}

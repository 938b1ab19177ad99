import { Button } from '@mantine/core';
import { useState } from 'react';
import { revokeKey } from '../../api/account.js';
import { dateTime } from '../../components/format.js';
import { Loading } from '../../components/loading.js';
import { ProblemNotice } from '../../components/notice.js';
import { useChange, useKeys } from '../../hooks/account.js';
import styles from './account.module.css';
import { NewKeyForm } from './new-key-form.js';
import { ShownKey } from './shown-key.js';

/** Keys for programs: make, copy once, revoke. */
export function KeysPanel({ roles }: { roles: readonly string[] }) {
  const keys = useKeys();
  const revoke = useChange(revokeKey, 'keys');
  const [shown, setShown] = useState<string | null>(null);
  return (
    <section className="panel">
      <div className="panel-head">
        <h2>API keys</h2>
        <span className="label">For programs; works in every client of OpenAI</span>
      </div>
      <div className={`panel-body ${styles.form}`}>
        {shown === null ? (
          <NewKeyForm roles={roles} onMade={setShown} />
        ) : (
          <ShownKey value={shown} what="key" onDone={() => setShown(null)} />
        )}
        {keys.isPending && <Loading lines={2} />}
        {keys.isError && <ProblemNotice error={keys.error} />}
        {revoke.isError && <ProblemNotice error={revoke.error} />}
        <ul className={styles.list}>
          {(keys.data ?? []).map(({ id, name, scopes, expires_at, used_at }) => (
            <li key={id} className={styles.item}>
              <span>
                {name} <span className="label">{scopes.join(', ')}</span>
              </span>
              <span className="label">
                {used_at === null ? 'never used' : `last used ${dateTime(used_at)}`}
                {expires_at !== null && ` · until ${dateTime(expires_at)}`}
              </span>
              <Button
                size="compact-xs"
                variant="default"
                aria-label={`Revoke the key ${name}`}
                onClick={() => revoke.mutate(id)}
              >
                Revoke
              </Button>
            </li>
          ))}
        </ul>
      </div>
    </section>
  );
}

import { Button } from '@mantine/core';
import { endSession } from '../../api/account.js';
import { dateTime } from '../../components/format.js';
import { Loading } from '../../components/loading.js';
import { ProblemNotice } from '../../components/notice.js';
import { useChange, useSessions } from '../../hooks/account.js';
import styles from './account.module.css';

/** Where the account is signed in. */
export function SessionsPanel() {
  const sessions = useSessions();
  const end = useChange(endSession, 'sessions');
  return (
    <section className="panel">
      <div className="panel-head">
        <h2>Signed in</h2>
      </div>
      <div className="panel-body">
        {sessions.isPending && <Loading lines={2} />}
        {sessions.isError && <ProblemNotice error={sessions.error} />}
        {end.isError && <ProblemNotice error={end.error} />}
        <ul className={styles.list}>
          {(sessions.data ?? []).map(({ id, client, address, used_at, current }) => (
            <li key={id} className={styles.item}>
              <span>{client === '' ? 'an unnamed program' : client}</span>
              <span className="label">
                {address} · last used {dateTime(used_at)}
              </span>
              {current ? (
                <span className="label">this browser</span>
              ) : (
                <Button
                  size="compact-xs"
                  variant="default"
                  aria-label={`End the session from ${address}, last used ${dateTime(used_at)}`}
                  onClick={() => end.mutate(id)}
                >
                  End
                </Button>
              )}
            </li>
          ))}
        </ul>
      </div>
    </section>
  );
}

import { useState } from 'react';
import { useNavigate } from 'react-router';
import { openSession } from '../../api/session.js';
import { Empty } from '../../components/notice.js';
import styles from './account.module.css';
import { CredentialsForm } from './credentials-form.js';

/** Makes the first admin. The token stands behind the # of the link, so that it is sent with the form only. */
export default function SetupPage() {
  const navigate = useNavigate();
  const [token] = useState(() => new URLSearchParams(globalThis.location.hash.slice(1)).get('token'));
  if (token === null)
    return (
      <Empty title="This link is not complete">
        Open the whole link that the server printed at its start, or run npx stemma admin create.
      </Empty>
    );
  return (
    <div className={`page ${styles.narrow}`}>
      <header className="page-head">
        <h1>Set up this server</h1>
        <p>Make the account that administers it</p>
      </header>
      <CredentialsForm
        action="Make the admin account"
        isNew
        enter={(credentials) => openSession('/api/setup', { ...credentials, token })}
        onDone={() => void navigate('/account', { replace: true })}
      />
    </div>
  );
}

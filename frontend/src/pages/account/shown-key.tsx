import { Button } from '@mantine/core';
import { useClipboard } from '@mantine/hooks';
import styles from './account.module.css';

/** A new secret (`what`: key, link), the one time that it is shown. */
export function ShownKey({ value, what, onDone }: { value: string; what: string; onDone: () => void }) {
  const clipboard = useClipboard({ timeout: 2000 });
  return (
    <div className={styles.form} role="alert">
      <strong>Copy this {what} now: it is not shown again.</strong>
      <code className={`mono ${styles.secret}`}>{value}</code>
      <div className="row">
        <Button size="xs" onClick={() => clipboard.copy(value)}>
          {clipboard.copied ? 'Copied' : `Copy the ${what}`}
        </Button>
        <Button size="xs" variant="default" onClick={onDone}>
          I have it
        </Button>
      </div>
    </div>
  );
}

import { Button } from '@mantine/core';
import { useClipboard } from '@mantine/hooks';
import styles from './command.module.css';

/** A command to run in a terminal, with a button that copies it. */
export function Command({ children }: { children: string }) {
  const clipboard = useClipboard({ timeout: 1200 });
  return (
    <div className={styles.command}>
      <code className="mono">{children}</code>
      <Button
        size="compact-xs"
        variant="default"
        aria-label={`Copy the command ${children}`}
        onClick={() => clipboard.copy(children)}
      >
        {clipboard.copied ? 'Copied' : 'Copy'}
      </Button>
    </div>
  );
}

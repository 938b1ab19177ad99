import { Tooltip } from '@mantine/core';
import { useClipboard } from '@mantine/hooks';
import { IconCheck } from '@tabler/icons-react';
import { shortHash } from './format.js';
import styles from './hash.module.css';

/** A hash or id in monospace, shortened in the middle; hovering shows the whole, a click copies it. */
export function Hash({ value, head = 6, tail = 4 }: { value: string; head?: number; tail?: number }) {
  const clipboard = useClipboard({ timeout: 1200 });
  return (
    <Tooltip
      label={clipboard.copied ? 'Copied' : value}
      className="mono"
      multiline
      maw={360}
      styles={{ tooltip: { overflowWrap: 'anywhere' } }}
    >
      <button
        type="button"
        className={styles.hash}
        aria-label={`${shortHash(value, head, tail)}, ${clipboard.copied ? 'copied' : 'copy'} ${value}`}
        onClick={(event) => {
          event.stopPropagation();
          clipboard.copy(value);
        }}
      >
        {shortHash(value, head, tail)}
        {clipboard.copied && <IconCheck size={13} className={styles.copied} aria-hidden />}
      </button>
    </Tooltip>
  );
}

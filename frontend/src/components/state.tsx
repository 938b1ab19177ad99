import { IconCircleCheck, IconCircleDashed, IconClock, IconCircleX } from '@tabler/icons-react';
import styles from './state.module.css';

/** The meanings colour has here: green proved, amber waiting or unproved, red failed or stopped, grey none yet. */
export type Meaning = 'proved' | 'waiting' | 'failed' | 'neutral';

const icons = {
  proved: IconCircleCheck,
  waiting: IconClock,
  failed: IconCircleX,
  neutral: IconCircleDashed,
} as const;

/** A meaning said three times: by colour, icon and word. A word stays on one line; whole sentences wrap. */
export function State({
  is,
  children,
  soft = false,
  wraps = false,
}: {
  is: Meaning;
  children: React.ReactNode;
  soft?: boolean;
  wraps?: boolean;
}) {
  const Icon = icons[is];
  return (
    <span className={`${styles.state} ${styles[is]} ${soft ? styles.soft : ''} ${wraps ? styles.wraps : ''}`}>
      <Icon size={15} stroke={2} aria-hidden />
      {children}
    </span>
  );
}

import { useId } from 'react';
import styles from './rewards.module.css';

/** A part of the page with its heading. */
export function Part({ title, children }: { title: string; children: React.ReactNode }) {
  const id = useId();
  return (
    <section className={styles.part} aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      {children}
    </section>
  );
}

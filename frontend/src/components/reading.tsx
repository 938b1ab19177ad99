import styles from './reading.module.css';

/** One measured number with its label and unit. */
export function Reading(props: {
  label: string;
  value: string;
  unit?: string;
  note?: React.ReactNode;
  /** What pointing at the number shows. */
  title?: string;
}) {
  return (
    <div className={styles.reading}>
      <span className="label">{props.label}</span>
      <span className={styles.value} title={props.title}>
        {props.value}
        {props.unit !== undefined && <span className={styles.unit}>{props.unit}</span>}
      </span>
      {props.note !== undefined && <span className={styles.note}>{props.note}</span>}
    </div>
  );
}

/** Readings side by side, divided by hairlines. */
export function Readings({ children }: { children: React.ReactNode }) {
  return <div className={styles.readings}>{children}</div>;
}

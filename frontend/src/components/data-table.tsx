import { useMediaQuery } from '@mantine/hooks';
import { IconArrowDown, IconArrowUp } from '@tabler/icons-react';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useMemo, useRef, useState } from 'react';
import styles from './data-table.module.css';
import { ExportButtons } from './export-buttons.js';
import { count } from './format.js';

/** One column: what a row is worth in it (sorted and exported), and how that looks. */
export interface Column<T> {
  readonly key: string;
  readonly label: string;
  readonly value: (row: T) => string | number | bigint | null;
  readonly show?: (row: T) => React.ReactNode;
  /** A CSS grid track; `1fr` by default. */
  readonly width?: string;
  readonly align?: 'end';
  /** Left out under 640 px. */
  readonly secondary?: boolean;
}

interface Sorting {
  readonly key: string;
  readonly descending: boolean;
}

const ROW_HEIGHT = 36;

/**
 * A virtualised, sortable, exportable list of any length. `onEnd` is called when the reader nears the last row, to load
 * more; `noun` names one row.
 */
export function DataTable<T>(props: {
  label: string;
  noun: string;
  rows: readonly T[];
  columns: readonly Column<T>[];
  rowKey: (row: T) => string;
  onOpen?: (row: T) => void;
  onEnd?: () => void;
  complete: boolean;
  empty: React.ReactNode;
}) {
  const [sorting, setSorting] = useState<Sorting | null>(null);
  const narrow = useMediaQuery('(max-width: 640px)') ?? false;
  const columns = narrow ? props.columns.filter((column) => column.secondary !== true) : props.columns;
  const rows = useMemo(
    () => sorted(props.rows, props.columns, sorting),
    [props.rows, props.columns, sorting],
  );
  const template = columns.map((column) => column.width ?? 'minmax(0, 1fr)').join(' ');
  if (props.rows.length === 0) return <div className={styles.table}>{props.empty}</div>;
  return (
    <div className={styles.table}>
      <Rows {...props} rows={rows} columns={columns} template={template}>
        <div className={`${styles.row} ${styles.head}`} role="row" style={{ gridTemplateColumns: template }}>
          {columns.map((column) => (
            <Heading key={column.key} column={column} sorting={sorting} onSort={setSorting} />
          ))}
        </div>
      </Rows>
      <div className={styles.foot}>
        <span>
          {count(rows.length, props.noun)}
          {props.complete ? '' : ' so far, scroll for more'}
        </span>
        <ExportButtons name={props.label} rows={rows} columns={props.columns} />
      </div>
    </div>
  );
}

function Heading<T>(props: {
  column: Column<T>;
  sorting: Sorting | null;
  onSort: (next: Sorting | null) => void;
}) {
  const { column, sorting } = props;
  const active = sorting?.key === column.key ? sorting : null;
  const next =
    active === null
      ? { key: column.key, descending: false }
      : active.descending
        ? null
        : { ...active, descending: true };
  const Arrow = active?.descending ? IconArrowDown : IconArrowUp;
  return (
    <div
      role="columnheader"
      aria-sort={active === null ? 'none' : active.descending ? 'descending' : 'ascending'}
      className={column.align === 'end' ? styles.end : undefined}
    >
      <button
        type="button"
        className={`${styles.sort} ${active ? styles.sorted : ''}`}
        onClick={() => props.onSort(next)}
      >
        {column.label}
        {active !== null && <Arrow size={12} aria-hidden />}
      </button>
    </div>
  );
}

function Rows<T>(props: {
  label: string;
  rows: readonly T[];
  columns: readonly Column<T>[];
  template: string;
  rowKey: (row: T) => string;
  onOpen?: (row: T) => void;
  onEnd?: () => void;
  children: React.ReactNode;
}) {
  const { rows, columns, onOpen, onEnd } = props;
  const box = useRef<HTMLDivElement>(null);
  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => box.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: 12,
  });
  const items = virtualizer.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (last >= rows.length - 20) onEnd?.();
  }, [last, rows.length, onEnd]);
  return (
    <div
      ref={box}
      className={styles.scroll}
      role="table"
      aria-label={props.label}
      aria-rowcount={rows.length + 1}
    >
      <div role="rowgroup">{props.children}</div>
      <div className={styles.body} role="rowgroup" style={{ height: virtualizer.getTotalSize() }}>
        {items.map((item) => {
          const row = rows[item.index];
          return (
            <div
              key={props.rowKey(row)}
              role="row"
              aria-rowindex={item.index + 2}
              className={`${styles.row} ${onOpen === undefined ? '' : styles.open}`}
              style={{ gridTemplateColumns: props.template, transform: `translateY(${item.start}px)` }}
              tabIndex={onOpen === undefined ? undefined : 0}
              onClick={() => onOpen?.(row)}
              onKeyDown={(event) => {
                if (event.key === 'Enter' && event.target === event.currentTarget) onOpen?.(row);
              }}
            >
              {columns.map((column) => (
                <div
                  key={column.key}
                  role="cell"
                  className={`${styles.cell} ${column.align === 'end' ? styles.end : ''}`}
                >
                  {column.show?.(row) ?? column.value(row) ?? '–'}
                </div>
              ))}
            </div>
          );
        })}
      </div>
    </div>
  );
}

function sorted<T>(rows: readonly T[], columns: readonly Column<T>[], sorting: Sorting | null): readonly T[] {
  const column = columns.find((candidate) => candidate.key === sorting?.key);
  if (sorting === null || column === undefined) return rows;
  const sign = sorting.descending ? -1 : 1;
  return [...rows].sort((a, b) => sign * compare(column.value(a), column.value(b)));
}

function compare(a: string | number | bigint | null, b: string | number | bigint | null): number {
  if (a === b) return 0;
  if (a === null) return 1;
  if (b === null) return -1;
  return a < b ? -1 : 1;
}

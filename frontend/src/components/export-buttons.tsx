import { Button } from '@mantine/core';
import { toCsv, type ExportColumn } from './csv.js';

/** Saves the rows that are shown, as CSV or JSON. */
export function ExportButtons<T>(props: {
  name: string;
  rows: readonly T[];
  columns: readonly ExportColumn<T>[];
}) {
  const file = props.name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
  return (
    <span className="row">
      <Button
        size="compact-xs"
        variant="subtle"
        onClick={() => saveFile(`${file}.csv`, 'text/csv', toCsv(props.rows, props.columns))}
      >
        CSV
      </Button>
      <Button
        size="compact-xs"
        variant="subtle"
        onClick={() => saveFile(`${file}.json`, 'application/json', JSON.stringify(props.rows, null, 2))}
      >
        JSON
      </Button>
    </span>
  );
}

/** Gives the reader a file to keep. */
export function saveFile(name: string, type: string, content: string): void {
  save(name, new Blob([content], { type }));
}

/** The same for bytes. */
export function saveBytes(name: string, content: Uint8Array<ArrayBuffer>): void {
  save(name, new Blob([content], { type: 'application/octet-stream' }));
}

function save(name: string, content: Blob): void {
  const url = URL.createObjectURL(content);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}

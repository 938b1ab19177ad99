/** The lines of CSV by the names of its first line: RFC 4180, written from the RFC. */
export function readCsv(text: string): Record<string, string>[] {
  const [head, ...lines] = rowsOf(text);
  return lines.map((cells) => {
    if (cells.length !== head.length) throw new Error(`${cells.length} cells under ${head.length} names`);
    return Object.fromEntries(head.map((name, i) => [name, cells[i]]));
  });
}

function rowsOf(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  // A field, escaped or not, and what ends it.
  for (const [, escaped, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/g)) {
    row.push(escaped?.replaceAll('""', '"') ?? plain);
    if (end === ',') continue;
    rows.push(row);
    row = [];
  }
  return rows;
}

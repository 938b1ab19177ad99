import { CodedError } from '../../common/errors.js';
import { err, type Result } from '../../common/result.js';
import { documentOf, type DatasetDocument } from './document.js';
import { JSONL_LIMITS, type JsonlLimits } from './limits.js';
import { linesOf, type Line } from './lines.js';
import { parseLine } from './parse-line.js';
import { lineRefused } from './refusal.js';

/**
 * The documents of a file of JSON lines that nobody vouches for. One line is held at a time, whatever the file's size;
 * blank lines are skipped. The first refusal is the last value: `DATASET_*` with the line number, `DATASET_EMPTY` for a
 * file without documents. Leaving the loop early closes the source.
 */
export async function* readDocuments(
  source: AsyncIterable<Uint8Array>,
  limits: JsonlLimits = JSONL_LIMITS,
): AsyncGenerator<Result<DatasetDocument>, void> {
  let documents = 0;
  for await (const line of linesOf(source, limits)) {
    if (!line.ok) return yield line;
    if (isBlank(line.value.bytes)) continue;
    const document = readLine(line.value, limits, ++documents);
    yield document;
    if (!document.ok) return;
  }
  if (documents === 0) yield err(new CodedError('DATASET_EMPTY', 'The file holds no document.'));
}

function readLine(line: Line, limits: JsonlLimits, documents: number): Result<DatasetDocument> {
  if (documents > limits.documents)
    return lineRefused('COUNT', line.number, `is beyond ${limits.documents} documents`);
  const value = parseLine(line, limits.depth);
  return value.ok ? documentOf(value.value, line.number) : value;
}

/** Only the white space that JSON knows: anything else has to be looked at. */
function isBlank(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d);
}

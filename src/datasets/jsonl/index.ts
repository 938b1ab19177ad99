export { documentOf, partsOf, type Content, type DatasetDocument, type Message } from './document.js';
export { JSONL_LIMITS, type JsonlLimits } from './limits.js';
export { linesOf } from './lines.js';
export { parseLine } from './parse-line.js';
export { readDocuments } from './read-documents.js';

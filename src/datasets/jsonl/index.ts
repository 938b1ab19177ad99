export { partsOf, type Content, type DatasetDocument, type Message } from './document.js';
export { JSONL_LIMITS, type JsonlLimits } from './limits.js';
export { readDocuments } from './read-documents.js';

export { prepareGguf, type GgufFile, type GgufModel } from './gguf-file.js';

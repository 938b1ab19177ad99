export { rooted } from './rooted-schema.js';
export { ToolCallReader, type ToolEvent } from './tool-call-reader.js';
export {
  callRules,
  callStyle,
  MOST_CALLS,
  templateTools,
  type CallStyle,
  type ToolDefinition,
  type ToolUse,
} from './tool-use.js';

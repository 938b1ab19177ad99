import type { Json } from '../../../common/canonical-json.js';
import { err, ok, type Result } from '../../../common/result.js';
import { ChoiceNode } from '../states/choice.js';
import type { SchemaNode } from '../states/schema-node.js';
import { checkDepth, MOST_ALTERNATIVES, MOST_CHARACTERS } from './limits.js';
import { invalid, SchemaRefusal, tooLarge, unsatisfiable } from './refusals.js';
import { SchemaReader } from './schema-reader.js';

/**
 * Reads a JSON Schema from its JSON text (docs/formats/constraint.md names the supported keywords). Refuses with `SCHEMA_INVALID`,
 * `SCHEMA_UNSUPPORTED` (both name the place in `facts.path`), `SCHEMA_TOO_LARGE` or `SCHEMA_UNSATISFIABLE`.
 */
export function compileSchema(text: string): Result<SchemaNode> {
  try {
    const schema = parseSchema(text);
    const reader = new SchemaReader(schema);
    const root = reader.read(schema, '#');
    for (const node of reader.nodes) {
      if (node instanceof ChoiceNode && node.flatten() > MOST_ALTERNATIVES) {
        tooLarge('#', `more than ${MOST_ALTERNATIVES} alternatives for one value`);
      }
    }
    findHeights(reader.nodes);
    if (root.height === Infinity) unsatisfiable('#');
    if (!root.fits(0)) tooLarge('#', 'its least value is nested too deeply');
    return ok(root);
  } catch (thrown) {
    if (thrown instanceof SchemaRefusal) return err(thrown.reason);
    throw thrown;
  }
}

function parseSchema(text: string): Json {
  if (text.length > MOST_CHARACTERS) tooLarge('#', `more than ${MOST_CHARACTERS} characters`);
  try {
    const schema = JSON.parse(text) as Json;
    checkDepth(schema);
    return schema;
  } catch (thrown) {
    if (thrown instanceof SchemaRefusal) throw thrown;
    return invalid('#', 'it is not JSON');
  }
}

/** The least solution: heights only fall, and a node whose height stays infinite has no value. */
function findHeights(nodes: readonly SchemaNode[]): void {
  for (let changed = true; changed;) {
    changed = false;
    for (const node of nodes) {
      const height = node.leastHeight();
      if (height < node.height) {
        node.height = height;
        changed = true;
      }
    }
  }
}

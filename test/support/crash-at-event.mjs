// Loaded into a real server by NODE_OPTIONS=--import: kills it with SIGKILL when it tells of the event that the file CRASH_FILE names:
// {"event": "task.boundary", "facts": {"step": 0, "boundary": "acted"}}. The file goes with it, so that the next server lives. What
// the server does is not changed.
import { readFileSync, unlinkSync } from 'node:fs';
import { EventBus } from '../../dist/server/common.js';

const { CRASH_FILE } = process.env;
const emit = EventBus.prototype.emit;

function wanted() {
  try {
    return JSON.parse(readFileSync(CRASH_FILE, 'utf8'));
  } catch {
    return null;
  }
}

EventBus.prototype.emit = function (name, event) {
  emit.call(this, name, event);
  const crash = wanted();
  if (crash?.event !== name) return;
  if (!Object.entries(crash.facts).every(([fact, value]) => event[fact] === value)) return;
  unlinkSync(CRASH_FILE);
  process.kill(process.pid, 'SIGKILL');
};

// Loaded into a real server by NODE_OPTIONS=--import: kills it with SIGKILL when it tells of CRASH_EVENT, of a decision in
// CRASH_STATE where one is said. What the server does is not changed.
import { EventBus } from '../../dist/server/common.js';

const { CRASH_EVENT, CRASH_STATE } = process.env;
const emit = EventBus.prototype.emit;

EventBus.prototype.emit = function (name, event) {
  emit.call(this, name, event);
  if (name !== CRASH_EVENT) return;
  if (CRASH_STATE === undefined || event.state === CRASH_STATE) process.kill(process.pid, 'SIGKILL');
};

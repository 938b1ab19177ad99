// Preloaded into a server (NODE_OPTIONS=--import=…): its wall clock is off by the milliseconds that the file CLOCK_OFFSET_FILE says,
// read whenever the time is asked for. Timers and performance.now() go on as they are, as they do when a machine's clock is set.
import { readFileSync } from 'node:fs';

const file = process.env.CLOCK_OFFSET_FILE;
const RealDate = Date;

function now() {
  return RealDate.now() + Number(readFileSync(file, 'utf8'));
}

globalThis.Date = new Proxy(RealDate, {
  apply: () => new RealDate(now()).toString(),
  construct: (target, args, caller) =>
    Reflect.construct(
      target,
      args.length === 0 ? [now()] : args,
      caller === globalThis.Date ? target : caller,
    ),
  get: (target, name) => (name === 'now' ? now : Reflect.get(target, name)),
});

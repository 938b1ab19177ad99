// Threads meet at a barrier between phases, and helpers wait for commands, on words of the control block. Both spin for a
// while and then sleep: a phase of a small model lasts a few microseconds, sampling between two steps about fifty, and waking
// a sleeper costs fifty on an idle machine and a thousand on a busy one.

// Words of the control block, each on a cache line of its own.
const ARRIVED = 0;
const EPOCH = 64;
const EPOCH_SLEEPERS = 128;
const COMMAND = 192;
const COMMAND_SLEEPERS = 256;

/** Checks before a thread goes to sleep at a barrier: about 0.1 ms. */
const BARRIER_SPINS = 80000;
/** Checks before a helper without a command goes to sleep: about 0.4 ms, longer than it takes to sample. */
const COMMAND_SPINS = 300000;

/** Waits until the word at `address` is no longer `value`; returns what it is then. */
function waitWhile(address: usize, value: i32, sleepers: usize, spins: i32): i32 {
  for (let i = 0; i < spins; i++) {
    const now = atomic.load<i32>(address);
    if (now != value) return now;
  }
  atomic.add<i32>(sleepers, 1);
  let now = atomic.load<i32>(address);
  while (now == value) {
    atomic.wait<i32>(address, value, -1);
    now = atomic.load<i32>(address);
  }
  atomic.sub<i32>(sleepers, 1);
  return now;
}

/** Wakes who sleeps. A thread that is about to sleep counts itself first and then looks at the word again. */
// @ts-ignore: decorator
@inline
function wake(address: usize, sleepers: usize): void {
  if (atomic.load<i32>(sleepers) > 0) atomic.notify(address, -1);
}

/** Returns when all threads have called it. */
export function barrier(control: usize, threads: i32): void {
  if (threads == 1) return;
  const epoch = atomic.load<i32>(control, EPOCH);
  if (atomic.add<i32>(control, 1, ARRIVED) + 1 == threads) {
    atomic.store<i32>(control, 0, ARRIVED);
    atomic.store<i32>(control, epoch + 1, EPOCH);
    wake(control + EPOCH, control + EPOCH_SLEEPERS);
  } else {
    waitWhile(control + EPOCH, epoch, control + EPOCH_SLEEPERS, BARRIER_SPINS);
  }
}

/** The leader tells the helpers that a new command is in the control block. */
export function publishCommand(control: usize): void {
  atomic.add<i32>(control, 1, COMMAND);
  wake(control + COMMAND, control + COMMAND_SLEEPERS);
}

/** A helper waits for the command after number `last`; returns its number. */
export function awaitCommand(control: usize, last: i32): i32 {
  return waitWhile(control + COMMAND, last, control + COMMAND_SLEEPERS, COMMAND_SPINS);
}

// The threads share out a phase (a matrix product, the heads of an attention) by taking pieces of it until none is left. The
// leader opens one phase after the other, takes pieces like all others, and goes on when every piece is done. A thread that
// the system has interrupted holds up the others only with the piece it has in hand, never by its absence alone.
//
// Taking is one atomic change of a 64-bit word, the ticket: number of the phase (32 bits), its pieces (16), next piece (16).
// Who has changed it from what he read has the piece, and the description of the phase stays until he says that it is done.

/** Commands and phases; the first ones are commands of the host. */
export const EMBED = 1;
export const ATTEND = 2;
export const EXPERTS = 3;
export const LOGITS = 4;
export const STOP = 5;
export const NORMALIZE = 6;
export const PROJECT = 7;
export const NORMALIZE_WIDTHS = 8;
export const MIX = 9;
export const OUTPUT = 10;
export const ROUTE = 11;
export const EXPAND = 12;
export const CONTRACT = 13;
export const HEAD_NORM = 14;

/** What all threads work on. The first words of the control block, which the host has zeroed. */
@unmanaged
export class Phase {
  kind: i32;
  pieces: i32;
  layer: i32;
  model: usize;
  run: usize;
  threads: i32; // written by the host: 1 = the leader works alone
}

// Words of the control block, each on a cache line of its own.
const TICKET = 64;
const DONE = 128;
const DONE_SLEEPERS = 192;
const TICKET_SLEEPERS = 256;

/** Pieces for each thread where there is enough to do: what one loses to an interruption, others take over. */
const PIECES_PER_THREAD = 4;
/** Multiplications that are worth a piece: one to two microseconds, several times what taking it costs. */
const PIECE_WORK: f64 = 32000;
const MOST_PIECES = 0x7fff;

/** Looks before the leader goes to sleep over the others' pieces: about 0.1 ms. */
const DONE_SPINS = 80000;
/** Looks before a helper without work goes to sleep: about 0.4 ms, longer than it takes to sample. */
const TICKET_SPINS = 300000;

/** Into how many pieces a phase of `work` multiplications is cut that could be cut into `most`: as many for each thread. */
export function piecesOf(phase: Phase, work: f64, most: i32): i32 {
  const threads = phase.threads;
  if (threads == 1) return 1;
  const worth = <i32>min<f64>(work / PIECE_WORK, MOST_PIECES);
  const pieces = min(min(worth, most), threads * PIECES_PER_THREAD);
  return max(1, pieces > threads ? pieces - (pieces % threads) : pieces);
}

/** The leader offers the phase whose description it has written. */
export function offer(phase: Phase): void {
  const control = changetype<usize>(phase);
  atomic.store<i32>(control, 0, DONE);
  const next = (atomic.load<i64>(control, TICKET) >>> 32) + 1;
  atomic.store<i64>(control, (next << 32) | (<i64>phase.pieces << 16), TICKET);
  if (atomic.load<i32>(control, TICKET_SLEEPERS) > 0) atomic.notify(control + TICKET, -1);
}

/** The number of a piece that is now the caller's; -1 = there is none. */
export function take(phase: Phase): i32 {
  const control = changetype<usize>(phase);
  while (true) {
    const ticket = atomic.load<i64>(control, TICKET);
    if (isSpent(ticket)) return -1;
    if (atomic.cmpxchg<i64>(control, ticket, ticket + 1, TICKET) == ticket) return <i32>ticket & 0xffff;
  }
}

/** Says that a taken piece is done. */
export function done(phase: Phase): void {
  const control = changetype<usize>(phase);
  atomic.add<i32>(control, 1, DONE);
  if (atomic.load<i32>(control, DONE_SLEEPERS) > 0) atomic.notify(control + DONE, -1);
}

/** The leader waits until all pieces are done. */
export function awaitPieces(phase: Phase): void {
  const control = changetype<usize>(phase);
  for (let i = 0; i < DONE_SPINS; i++) if (atomic.load<i32>(control, DONE) == phase.pieces) return;
  atomic.add<i32>(control, 1, DONE_SLEEPERS);
  let count = atomic.load<i32>(control, DONE);
  while (count != phase.pieces) {
    atomic.wait<i32>(control + DONE, count, -1);
    count = atomic.load<i32>(control, DONE);
  }
  atomic.sub<i32>(control, 1, DONE_SLEEPERS);
}

/** A helper waits until there is something to take. */
export function awaitOffer(phase: Phase): void {
  const control = changetype<usize>(phase);
  for (let i = 0; i < TICKET_SPINS; i++) if (!isSpent(atomic.load<i64>(control, TICKET))) return;
  atomic.add<i32>(control, 1, TICKET_SLEEPERS);
  let ticket = atomic.load<i64>(control, TICKET);
  while (isSpent(ticket)) {
    atomic.wait<i64>(control + TICKET, ticket, -1);
    ticket = atomic.load<i64>(control, TICKET);
  }
  atomic.sub<i32>(control, 1, TICKET_SLEEPERS);
}

// @ts-ignore: decorator
@inline
function isSpent(ticket: i64): bool {
  return (<i32>ticket & 0xffff) >= (<i32>(ticket >>> 16) & 0xffff);
}

// Lets a test process end although old SDKs leave timers behind: each command of 3.x waits out its
// 20 seconds after its answer came, and 2.x goes on guarding a closed socket for minutes.
//
// Invariant: timers fire as they are set. Long ones only do not keep the process alive.

const LONG_MS = 20_000;
const schedule = globalThis.setTimeout;

globalThis.setTimeout = function setTimeoutHere(run, delay, ...args) {
  const timer = schedule(run, delay, ...args);
  return delay >= LONG_MS ? timer.unref() : timer;
};

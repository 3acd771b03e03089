// Owns waiting: an event log keeps everything that was emitted and lets a test wait for entries.
//
// Invariant: no test waits for a length of time. The guard only ends a test that would hang.

/** Seconds after which a wait counts as hung; far above anything a working server needs. */
const HUNG_SECS = 30;

/** Everything that happened under one name since the log was opened. */
export class EventLog {
  #waiting = new Set();

  constructor(event) {
    this.event = event;
    this.entries = [];
  }

  /** Opens the log of one event of an emitter. */
  static of(emitter, event) {
    const log = new EventLog(event);
    emitter.on(event, (...args) => log.add(args));
    return log;
  }

  /** Records one entry. */
  add(entry) {
    this.entries.push(entry);
    for (const check of [...this.#waiting]) check();
  }

  /** Resolves with all entries once there are `count` of them. */
  async atLeast(count) {
    await this.#until(() => this.entries.length >= count, `${count} × ${this.event}`);
    return this.entries;
  }

  /** Resolves with the first entry whose arguments satisfy the predicate, past or future. */
  async first(matches = () => true) {
    const found = () => this.entries.find((args) => matches(...args));
    await this.#until(() => found() !== undefined, `a matching ${this.event}`);
    return found();
  }

  #until(satisfied, what) {
    if (satisfied()) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const finish = (settle, value) => {
        clearTimeout(guard);
        this.#waiting.delete(check);
        settle(value);
      };
      const check = () => satisfied() && finish(resolve);
      const guard = setTimeout(
        () => finish(reject, new Error(`no ${what} after ${HUNG_SECS} s, ${this.entries.length} entries so far`)),
        HUNG_SECS * 1000,
      );
      this.#waiting.add(check);
    });
  }
}

/** Resolves with the arguments of the next emission. */
export async function next(emitter, event) {
  const [args] = await EventLog.of(emitter, event).atLeast(1);
  return args;
}

/** The log of the calls of one object's method, which does what it did before. */
export function calls(object, name) {
  const log = new EventLog(name);
  const method = object[name];
  object[name] = function logged(...args) {
    log.add(args);
    return method.apply(this, args);
  };
  return log;
}

// Which tab goes on with an enrollment: one at a time. By Web Locks where the browser has them; over plain HTTP by a
// lease in the database, which its owner renews, since a tab that ends says nothing.

const LEASE_MS = 6_000;
const HEARTBEAT_MS = 1_500;

// Both kinds have: `own(id)`, which takes it or queues for it, and lets another one go; `letGo(id)`, by default
// whatever it is; `owned`, the id that is, and `owns(id)`, which are sure only within a transaction that `guard` has
// checked; `others()`, the ids that other tabs own; and they call `changed` when what they own changes by itself.

export class Locks {
  #prefix;
  #changed;
  #left;
  #id;
  #held = false;
  /** @type {(value?: unknown) => void} */
  #release = () => {};

  constructor(name, changed) {
    this.#prefix = `${name} `;
    this.#left = channel(`${name} left`);
    this.#changed = changed;
  }

  async own(id) {
    if (id === this.#id) return;
    await this.letGo();
    this.#id = id;
    if (await this.#request(id, { ifAvailable: true })) return;
    const waiting = new AbortController();
    this.#release = () => waiting.abort();
    // The owner may be a page that was left and is only held ready for "back": see the frame.
    const timer = setInterval(() => this.#left.postMessage(""), HEARTBEAT_MS);
    this.#request(id, { signal: waiting.signal })
      .then(held => held && this.#changed(), () => {})
      .finally(() => clearInterval(timer));
  }

  async letGo(id = this.#id) {
    if (id !== this.#id) return;
    this.#release();
    this.#release = () => {};
    this.#id = undefined;
    this.#held = false;
  }

  get owned() {
    return this.#held ? this.#id : undefined;
  }

  owns(id) {
    return this.#held && id === this.#id;
  }

  // A lock needs no look at the database.
  guard(id, leases, then) {
    then(this.owns(id));
  }

  async others() {
    const { held } = await navigator.locks.query();
    const ids = held.filter(({ name }) => name.startsWith(this.#prefix)).map(({ name }) => name.slice(this.#prefix.length));
    return new Set(ids.filter(id => !this.owns(id)));
  }

  // Answers whether the lock is held; it is until `release`.
  #request(id, options) {
    return new Promise((resolve, reject) => {
      const hold = lock => {
        // Let go while it waited in the queue.
        if (!lock || id !== this.#id) return resolve(false);
        this.#held = true;
        const held = new Promise(release => this.#release = release);
        resolve(true);
        return held;
      };
      navigator.locks.request(this.#prefix + id, options, hold).catch(reject);
    });
  }
}

export class Leases {
  #store;
  #me;
  #changed;
  #id;
  #held = false;
  #timer;

  // `me` stays the same over a reload, so that a page need not wait for its own lease to end.
  constructor(store, me, changed) {
    this.#store = store;
    this.#me = me;
    this.#changed = changed;
  }

  async own(id) {
    if (id !== this.#id) {
      await this.letGo();
      this.#id = id;
      this.#timer = setInterval(() => this.#beat(), HEARTBEAT_MS);
    }
    this.#held = await this.#take(id);
  }

  async letGo(id = this.#id) {
    if (id !== this.#id) return;
    clearInterval(this.#timer);
    const held = this.#held;
    this.#id = undefined;
    this.#held = false;
    if (held) await this.#giveBack(id);
  }

  get owned() {
    return this.#held ? this.#id : undefined;
  }

  owns(id) {
    return this.#held && id === this.#id;
  }

  // Calls `then` with whether the lease is ours still, within the transaction of `leases`.
  guard(id, leases, then) {
    leases.get(id).onsuccess = ({ target }) => {
      // Where nobody has taken it meanwhile, it is ours whatever the clock says.
      const held = this.owns(id) && (target.result?.owner ?? this.#me) === this.#me;
      if (held) leases.put(this.#lease(id));
      then(held);
    };
  }

  async others() {
    const now = Date.now();
    const leases = await this.#store.transaction([LEASES], "readonly", (leases, answer) => {
      leases.getAll().onsuccess = ({ target }) => answer.result = target.result;
    });
    return new Set(leases.filter(({ owner, untilMs }) => owner !== this.#me && untilMs > now).map(({ id }) => id));
  }

  // Takes or renews it, in one transaction, so that of two tabs one succeeds.
  #take(id) {
    return this.#store.transaction([LEASES], "readwrite", (leases, answer) => {
      leases.get(id).onsuccess = ({ target }) => {
        const lease = target.result;
        const now = Date.now();
        // A lease further ahead than any that is given is of a clock that was put back.
        answer.result = !lease || lease.owner === this.#me || lease.untilMs <= now || lease.untilMs > now + LEASE_MS;
        if (answer.result) leases.put(this.#lease(id));
      };
    });
  }

  async #beat() {
    const id = this.#id;
    // Where storage fails, it is not ours: another tab may have it.
    const held = await this.#take(id).catch(() => false);
    if (id !== this.#id) return this.#giveBack(id).catch(() => {});
    if (held === this.#held) return;
    this.#held = held;
    this.#changed();
  }

  #giveBack(id) {
    return this.#store.transaction([LEASES], "readwrite", leases => {
      leases.get(id).onsuccess = ({ target }) => {
        if (target.result?.owner === this.#me) leases.delete(id);
      };
    });
  }

  #lease(id) {
    return { id, owner: this.#me, untilMs: Date.now() + LEASE_MS };
  }
}

// Talks with the other rooms of the page.
function channel(name, hear) {
  try {
    const channel = new BroadcastChannel(name);
    if (hear) channel.onmessage = hear;
    return channel;
  } catch {
    // Where storage is refused, this may be as well.
    return { postMessage() {} };
  }
}

// Owns clients of JavaScript SDK 2.x, which has callbacks where later ones have promises.

import { EventLog } from './events.mjs';
import { SUITE, freshSdk } from './stage.mjs';

/** One client, online on a socket of its own. */
export class OldClient {
  #logs = new Map();

  /** Logs a member of the cast in with a copy of the SDK of its own. */
  static async open(stage, name, { config, ...options } = {}) {
    const client = new OldClient();
    client.realtime = freshSdk('leancloud-realtime-2');
    if (config) client.realtime.config(config);
    client.id = stage.id(name);
    client.session = client.realtime({ appId: SUITE.appId, clientId: client.id, ...options });
    await client.log('open').atLeast(1);
    return client;
  }

  /** The log of an event of this client, opened at the first call. */
  log(event) {
    if (!this.#logs.has(event)) this.#logs.set(event, EventLog.of(this.session, event));
    return this.#logs.get(event);
  }

  /** The socket under the SDK. */
  get socket() {
    return this.session.cache.ws;
  }

  /** Where the router has sent the client. */
  get address() {
    return this.session.cache.server.server;
  }

  /** Calls a method of the session and resolves with what it calls back. */
  call(method, ...args) {
    return called(this.session, method, ...args);
  }

  /** Starts a conversation of these and waits until everybody given has been told. */
  async startRoom(others, options) {
    const told = [this, ...others].map((one) => one.log('membersjoined'));
    const room = await this.call('room', { members: others.map(({ id }) => id), ...options });
    // This SDK tells what came over the wire, later ones add the conversation.
    const isOfRoom = (data, conversation) => (conversation?.id ?? data.cid) === room.id;
    await Promise.all(told.map((log) => log.first(isOfRoom)));
    return room;
  }

  /** Logs the client out. */
  close() {
    this.session.close();
  }
}

/** Calls a method whose last argument is a callback and resolves with what it is called with. */
export function called(object, method, ...args) {
  return new Promise((resolve) => object[method](...args, resolve));
}

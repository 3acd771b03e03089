// Owns the cast of a test: devices with a copy of the SDK each, and the clients logged in on them.
//
// Invariant: the SDK is never changed. Tests read its objects and pull its plugs, nothing more.

import { randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import test from 'node:test';

import { EventLog } from './events.mjs';

// The SDK says so each time it joins two equal lookups, which it does for every new conversation.
const warn = console.warn;
console.warn = (...args) => String(args[0]).startsWith('Duplicated command') || warn(...args);

const require = createRequire(import.meta.url);

/** Address and keys of the server that the runner started. */
export const SUITE = {
  server: process.env.SUITE_SERVER,
  appId: process.env.SUITE_APP_ID,
  appKey: process.env.SUITE_APP_KEY,
};

/** Seconds after which a whole test counts as hung. */
const HUNG_SECS = 120;

/**
 * Evaluates the SDK once more. It allows one `Realtime` per app and process, so a second device of
 * the same process needs a second copy, as a second process would have.
 */
export function freshSdk(name = 'leancloud-realtime') {
  const path = require.resolve(name);
  delete require.cache[path];
  return require(path);
}

/** One client logged in on one device. */
export class Login {
  #logs = new Map();

  constructor(device, client) {
    this.device = device;
    this.sdk = device.sdk;
    this.client = client;
    this.id = client.id;
  }

  /** The log of an event of this client, opened at the first call. */
  log(event) {
    if (!this.#logs.has(event)) this.#logs.set(event, EventLog.of(this.client, event));
    return this.#logs.get(event);
  }

  /** Opens the logs of several events. */
  watch(...events) {
    for (const event of events) this.log(event);
    return this;
  }

  /** A text message of this client's copy of the SDK. */
  text(text) {
    return new this.sdk.TextMessage(text);
  }

  /** The log of the messages that arrive. */
  get messages() {
    return this.log('message');
  }

  /** Sends a command that the SDK has no method for. */
  command(fields) {
    const { GenericCommand } = this.sdk.Protocols;
    return this.client._send(new GenericCommand(fields));
  }

  /** Sends a `conv` command that the SDK has no method for. */
  conversationCommand(op, { attr, where, ...fields }) {
    const { ConvCommand, JsonObjectMessage } = this.sdk.Protocols;
    const json = (value) => value && new JsonObjectMessage({ data: JSON.stringify(value) });
    const convMessage = new ConvCommand({ ...fields, attr: json(attr), where: json(where) });
    return this.command({ cmd: 'conv', op, convMessage });
  }
}

/** One copy of the SDK with one socket. */
export class Device {
  #stage;

  /** The present SDK unless `sdk` names an older one of the package file. */
  constructor(stage, { plugins, sdk, ...options } = {}) {
    this.#stage = stage;
    this.sdk = freshSdk(sdk);
    this.realtime = new this.sdk.Realtime({
      ...SUITE,
      ssl: (options.server ?? SUITE.server).startsWith('https:'),
      plugins: plugins?.(this.sdk),
      ...options,
    });
    this.clients = new Set();
  }

  /** Logs the member of the cast in on this device. */
  async login(name, options) {
    const client = await this.realtime.createIMClient(this.#stage.id(name), options);
    this.clients.add(client);
    return new Login(this, client);
  }

  /** The socket under the SDK, once a client is logged in. */
  get socket() {
    const [client] = this.clients;
    return client._connection._ws;
  }

  /** Breaks the socket as a lost network does: no close frame, no warning. */
  breakSocket() {
    this.socket.terminate();
  }

  /** The log of every frame that arrives on the present socket, decoded. */
  frames() {
    const log = new EventLog('frame');
    const { GenericCommand } = this.sdk.Protocols;
    this.socket.addEventListener('message', ({ data }) => log.add([GenericCommand.decode(data)]));
    return log;
  }

  /** Logs everybody out and closes the socket, whatever state both are in. */
  async close() {
    await Promise.allSettled([...this.clients].map((client) => client.close()));
    this.realtime._close();
  }
}

/** The cast of one test; the same name is the same client id on every device. */
export class Stage {
  #run = randomUUID().slice(0, 8);
  #devices = [];

  /** The client id of a member of the cast, online or not. */
  id(name) {
    return name === undefined ? undefined : `${name}-${this.#run}`;
  }

  /** Unfolds a device that nobody is logged in on yet. */
  device(options) {
    const device = new Device(this, options);
    this.#devices.push(device);
    return device;
  }

  /** Logs one member in on a device of its own. */
  login(name, options) {
    return this.device(options).login(name);
  }

  /** Logs several members in, each on a device of its own. */
  logins(...names) {
    return Promise.all(names.map((name) => this.login(name)));
  }

  /** Closes every device. */
  async close() {
    await Promise.all(this.#devices.map((device) => device.close()));
  }
}

/** Declares a test that plays on a stage of its own. */
export function scenario(name, play) {
  test(name, { timeout: HUNG_SECS * 1000 }, async () => {
    const stage = new Stage();
    try {
      await play(stage);
    } finally {
      await stage.close();
    }
  });
}

/**
 * Starts a conversation, which is new whoever else talks already, and waits until everybody who is
 * given as a login has been told. Their SDK knows the conversation then: while it still looks one
 * up, a later message can overtake the first one inside it.
 */
export async function startConversation(creator, others, options) {
  const logins = [creator, ...others.filter((other) => other instanceof Login)];
  const logs = logins.flatMap((login) => [
    // By their names, which old SDKs have no constants for.
    login.log('invited'),
    login.log('membersjoined'),
  ]);
  const members = [...new Set(others.map((other) => other.id ?? other))];
  const conversation = await creator.client.createConversation({ members, unique: false, ...options });
  await Promise.all(logs.map((log) => log.first((_, { id }) => id === conversation.id)));
  return conversation;
}

/**
 * Sends one message and waits until it has reached everybody: whatever the sender caused before
 * has then reached them too, so a log that is still empty stays empty.
 */
export async function fence(sender, conversation, ...receivers) {
  const logs = receivers.map((receiver) => receiver.messages);
  const { id } = await conversation.send(sender.text('fence'));
  await Promise.all(logs.map((log) => log.first((message) => message.id === id)));
}

/** What the SDK makes of an error of the server: code and bare name, which is the text as well. */
export function refusal(code, name) {
  return { code, name, message: name };
}

// The SDK over https and wss, straight to the server.

import assert from 'node:assert/strict';

import { EventLog } from '../support/events.mjs';
import { SUITE, scenario, startConversation } from '../support/stage.mjs';

const server = process.env.SUITE_ENCRYPTED_SERVER;

scenario('alice over TLS and bob without talk to each other', async (stage) => {
  const alice = await stage.login('alice', { server });
  const bob = await stage.login('bob');
  assert.equal(alice.device.socket.url, `${server.replace('https:', 'wss:')}/`);
  assert.equal(bob.device.socket.url, `${SUITE.server.replace('http:', 'ws:')}/`);

  const { messages } = bob;
  const conversation = await startConversation(alice, [bob]);
  const sent = await conversation.send(alice.text('hello'));
  const [received] = await messages.first(({ id }) => id === sent.id);
  assert.equal(received.text, 'hello');
});

scenario('a client comes back over TLS after its network failed', async (stage) => {
  const alice = await stage.login('alice', { server });
  const reconnects = EventLog.of(alice.client, alice.sdk.Event.RECONNECT);
  alice.device.breakSocket();
  await reconnects.atLeast(1);
  assert.deepEqual(await alice.client.ping([alice.id]), [alice.id]);
});

// Will messages: told when a socket dies, not when a client says goodbye.

import assert from 'node:assert/strict';

import { next } from '../support/events.mjs';
import { fence, scenario, startConversation } from '../support/stage.mjs';

scenario('C63 the last will is told when the socket dies, and is in no history', async (stage) => {
  const [alice, bob, carol] = await stage.logins('alice', 'bob', 'carol');
  const [first, second] = [await startConversation(alice, [bob]), await startConversation(alice, [carol])];
  const logs = [bob.messages, carol.messages];
  await first.send(alice.text('farewell, bob'), { will: true });
  const will = await second.send(alice.text('farewell, carol'), { will: true });
  assert.match(will.id, /^[A-Za-z0-9_-]{22}$/);
  await Promise.all([bob, carol].map(({ client }) => client.ping([alice.id])));
  assert.deepEqual(logs.map(({ entries }) => entries), [[], []], 'nothing is told yet');

  const reconnected = next(alice.client, alice.sdk.Event.RECONNECT);
  alice.device.breakSocket();
  const [message, theirs] = await carol.messages.first();
  assert.deepEqual([message.id, message.from, message.text], [will.id, alice.id, 'farewell, carol']);
  assert.deepEqual(await theirs.queryMessages({}), []);
  await reconnected;
  await fence(alice, first, bob);
  assert.equal(bob.messages.entries.length, 1, 'the fence alone');
});

scenario('C63 a client that closes tells no will', async (stage) => {
  const [alice, bob, carol] = await stage.logins('alice', 'bob', 'carol');
  const conversation = await startConversation(alice, [bob, carol]);
  const { messages } = bob;
  await conversation.send(alice.text('farewell'), { will: true });
  await alice.client.close();
  const theirs = await carol.client.getConversation(conversation.id);
  await fence(carol, theirs, bob);
  assert.deepEqual(messages.entries.map(([{ text }]) => text), ['fence']);
});

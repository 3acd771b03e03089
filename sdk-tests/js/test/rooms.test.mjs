// Chat rooms: present members only, nobody is told who comes and goes.

import assert from 'node:assert/strict';

import { scenario } from '../support/stage.mjs';

scenario('C49 a room delivers to who is in it and counts them', async (stage) => {
  const [alice, bob] = await stage.logins('alice', 'bob');
  const room = await alice.client.createChatRoom({ name: 'Lobby' });
  assert.ok(room instanceof alice.sdk.ChatRoom);
  assert.equal(await room.count(), 1);

  const ofBob = await bob.client.getConversation(room.id);
  assert.ok(ofBob instanceof bob.sdk.ChatRoom);
  const heard = bob.messages;
  await ofBob.join();
  assert.equal(await room.count(), 2);

  const hello = await room.send(alice.text('hello'), { priority: alice.sdk.MessagePriority.HIGH });
  const [message, where] = await heard.first(({ id }) => id === hello.id);
  assert.equal(message.text, 'hello');
  assert.equal(where.id, room.id);

  await ofBob.quit();
  assert.equal(await room.count(), 1);
  const [logged] = await ofBob.queryMessages();
  assert.equal(logged.id, hello.id, 'history stays readable');
});

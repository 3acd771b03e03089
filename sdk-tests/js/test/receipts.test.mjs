// Receipts: what the sender learns about its messages.

import assert from 'node:assert/strict';

import { EventLog } from '../support/events.mjs';
import { scenario, startConversation } from '../support/stage.mjs';

scenario('C64 the sender learns that its message arrived and was read', async (stage) => {
  const [alice, bob] = await stage.logins('alice', 'bob');
  const conversation = await startConversation(alice, [bob]);
  const { LAST_DELIVERED_AT_UPDATE, LAST_READ_AT_UPDATE } = alice.sdk.Event;
  const delivered = EventLog.of(conversation, LAST_DELIVERED_AT_UPDATE);
  const read = EventLog.of(conversation, LAST_READ_AT_UPDATE);

  const arrived = bob.messages;
  const message = await conversation.send(alice.text('did you get this'), { receipt: true });
  await arrived.first(({ id }) => id === message.id);
  await delivered.first();
  assert.ok(conversation.lastDeliveredAt >= message.timestamp);
  assert.equal(message.status, alice.sdk.MessageStatus.DELIVERED);
  assert.equal(conversation.lastReadAt ?? null, null);

  const ofBob = await bob.client.getConversation(conversation.id);
  await ofBob.read();
  await read.first();
  assert.ok(conversation.lastReadAt >= message.timestamp);
});

scenario('C38 progress can be asked for, and history tells what arrived', async (stage) => {
  const [alice, bob] = await stage.logins('alice', 'bob');
  const conversation = await startConversation(alice, [bob]);
  const delivered = EventLog.of(conversation, alice.sdk.Event.LAST_DELIVERED_AT_UPDATE);
  const arrived = bob.messages;
  const message = await conversation.send(alice.text('one'), { receipt: true });
  await arrived.first(({ id }) => id === message.id);
  await delivered.first();

  await conversation.fetchReceiptTimestamps();
  assert.ok(conversation.lastDeliveredAt >= message.timestamp);
  assert.equal(conversation.lastReadAt ?? null, null);
  const [logged] = await conversation.queryMessages();
  assert.equal(logged.id, message.id);
  assert.equal(logged.status, alice.sdk.MessageStatus.DELIVERED);
});

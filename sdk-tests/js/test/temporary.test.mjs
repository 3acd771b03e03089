// Temporary conversations: found again by their members while they last, gone afterwards.

import assert from 'node:assert/strict';

import { scenario } from '../support/stage.mjs';

scenario('C45 a temporary conversation is the same for both sides', async (stage) => {
  const [alice, bob] = await stage.logins('alice', 'bob');
  const { messages } = bob;
  const conversation = await alice.client.createTemporaryConversation({ members: [bob.id] });
  assert.ok(conversation instanceof alice.sdk.TemporaryConversation);
  assert.match(conversation.id, /^_tmp:/);
  const inADay = Date.now() + 86400 * 1000;
  assert.ok(Math.abs(conversation.expiredAt.getTime() - inADay) < 3600 * 1000);

  const sent = await conversation.send(alice.text('hi'));
  const [received, theirs] = await messages.first();
  assert.equal(received.id, sent.id);
  assert.equal(theirs.id, conversation.id);
  assert.ok(theirs instanceof bob.sdk.TemporaryConversation);
  assert.equal(theirs.expired, false);
  assert.ok(theirs.expiredAt instanceof Date);
  assert.deepEqual([...theirs.members].sort(), [alice.id, bob.id].sort());

  const created = await bob.client.createTemporaryConversation({ members: [alice.id] });
  assert.equal(created, theirs, 'the very object from the cache of the SDK');
});

scenario('C47 a temporary conversation is found by its id', async (stage) => {
  const [alice, carol, dave] = await stage.logins('alice', 'carol', 'dave');
  const { id } = await alice.client.createTemporaryConversation({ members: [stage.id('bob')], ttl: 600 });
  const found = await carol.client.getConversation(id);
  assert.ok(found instanceof carol.sdk.TemporaryConversation);
  assert.ok(found.expiredAt > new Date());
  const [among] = await dave.client.getConversations([id]);
  assert.equal(among.id, id);
  assert.equal(await carol.client.getConversation('_tmp:never'), null);
});

scenario('C46 the server ends a temporary conversation in time', async (stage) => {
  const alice = await stage.login('alice');
  const conversation = await alice.client.createTemporaryConversation({
    members: [stage.id('bob')],
    ttl: 1,
  });
  // The SDK would not even ask: the answer of the server is what counts here.
  conversation.expiredAt = Date.now() + 1000000;
  assert.equal(conversation.expired, false);
  const untilRefused = async () => {
    for (;;) await conversation.send(alice.text('still there?'));
  };
  await assert.rejects(untilRefused(), {
    code: 4323,
    name: 'TEMPORARY_CONVERSATION_EXPIRED',
    message: 'Temporary conversation expired or does not exist.',
  });
});

// Starting conversations.

import assert from 'node:assert/strict';

import { fence, refusal, scenario, startConversation } from '../support/stage.mjs';

scenario('C5 a started conversation has an id, dates and its members', async (stage) => {
  const [alice, bob] = await stage.logins('alice', 'bob');
  const conversation = await alice.client.createConversation({ members: [bob.id], name: 'tea' });
  assert.match(conversation.id, /^[0-9a-f]{24}$/);
  assert.ok(conversation.createdAt instanceof Date && !Number.isNaN(conversation.createdAt.getTime()));

  const theirs = await bob.client.getConversation(conversation.id, true);
  assert.ok(theirs instanceof bob.sdk.Conversation);
  assert.deepEqual(new Set(theirs.members), new Set([alice.id, bob.id]));
  assert.equal(theirs.creator, alice.id);
  assert.equal(theirs.name, 'tea');
  assert.deepEqual(theirs.createdAt, conversation.createdAt);
  assert.deepEqual(theirs.updatedAt, conversation.createdAt);
});

scenario('C7 the same members get the same conversation, its first name and no notification', async (stage) => {
  const [alice, bob] = await stage.logins('alice', 'bob');
  const { INVITED, MEMBERS_JOINED } = bob.sdk.Event;
  bob.watch(INVITED, MEMBERS_JOINED);
  const foo = await alice.client.createConversation({ members: [bob.id], name: 'foo' });
  await bob.log(MEMBERS_JOINED).first();
  await bob.log(INVITED).first();

  const frames = alice.device.frames();
  const bar = await alice.client.createConversation({ members: [bob.id], name: 'bar' });
  const swapped = await bob.client.createConversation({ members: [alice.id] });
  assert.equal(bar.id, foo.id);
  assert.equal(swapped.id, foo.id);
  assert.deepEqual(bar.createdAt, foo.createdAt);

  const [started] = await frames.first(({ op }) => op === alice.sdk.Protocols.OpType.started);
  assert.match(started.convMessage.uniqueId, /^[0-9a-f]{32}$/);

  const fetched = await bob.client.getConversation(foo.id, true);
  assert.equal(fetched.name, 'foo');
  await fence(alice, foo, bob);
  assert.equal(bob.log(INVITED).entries.length, 1);
  assert.equal(bob.log(MEMBERS_JOINED).entries.length, 1);
});

scenario('C8 unique:false makes a new conversation each time', async (stage) => {
  const [alice, bob] = await stage.logins('alice', 'bob');
  const start = () => alice.client.createConversation({ members: [bob.id], unique: false });
  const [first, second] = [await start(), await start()];
  assert.notEqual(first.id, second.id);
});

scenario('C9 a unique conversation that gained a member is not the one of the old members', async (stage) => {
  const [alice, bob] = await stage.logins('alice', 'bob');
  const first = await alice.client.createConversation({ members: [bob.id] });
  await first.add([stage.id('carol')]);
  const second = await alice.client.createConversation({ members: [bob.id] });
  assert.notEqual(second.id, first.id);
});

scenario('C12 properties become top-level columns and there is no last message yet', async (stage) => {
  const [alice, bob] = await stage.logins('alice', 'bob');
  const since = new Date(1_500_000_000_000);
  const { id } = await startConversation(alice, [bob], {
    name: 'columns',
    attributes: { foo: 'bar', deep: { since } },
    attr: { k: 1 },
    baz: [1, 'two', null, { three: false }],
  });
  const conversation = await bob.client.getConversation(id, true);
  assert.equal(conversation.name, 'columns');
  assert.deepEqual(conversation.get('attributes'), { foo: 'bar', deep: { since } });
  assert.deepEqual(conversation.get('attr'), { k: 1 });
  assert.deepEqual(conversation.get('baz'), [1, 'two', null, { three: false }]);
  assert.equal(conversation.lastMessageAt ?? null, null);
  assert.equal(conversation.lastMessage ?? null, null);
});

scenario('C14 a conversation of 501 members is refused, one of 500 is not', async (stage) => {
  const alice = await stage.login('alice');
  const others = (count) => Array.from({ length: count }, (_, index) => stage.id(`m${index}`));
  await assert.rejects(startConversation(alice, others(500)), refusal(4304, 'CONVERSATION_FULL'));
  const conversation = await startConversation(alice, others(499));
  assert.equal(await conversation.count(), 500);
});

scenario('a conversation of one member is possible', async (stage) => {
  const alice = await stage.login('alice');
  const conversation = await startConversation(alice, []);
  await conversation.send(alice.text('note to self'));
  const [message] = await conversation.queryMessages({});
  assert.equal(message.text, 'note to self');
});

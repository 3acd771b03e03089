// Changing conversations: columns, operations, muting, counting, and who is told.

import assert from 'node:assert/strict';

import { fence, refusal, scenario, startConversation } from '../support/stage.mjs';

async function pair(stage, options) {
  const [alice, bob] = await stage.logins('alice', 'bob');
  bob.watch(bob.sdk.Event.CONVERSATION_INFO_UPDATED);
  alice.watch(alice.sdk.Event.CONVERSATION_INFO_UPDATED);
  const conversation = await startConversation(alice, [bob], options);
  await fence(alice, conversation, bob);
  return { alice, bob, conversation, updates: bob.log(bob.sdk.Event.CONVERSATION_INFO_UPDATED) };
}

scenario('C32 a saved key joins those that were there and the update time grows', async (stage) => {
  const { bob, conversation } = await pair(stage, { name: 'old', attr: { k: 1, lee: 'nah' }, plain: 'kept' });
  const before = conversation.updatedAt;
  await conversation.set('attr.lee', 'yeh').save();
  assert.ok(conversation.updatedAt > before);
  const between = conversation.updatedAt;
  conversation.name = 'new';
  await conversation.save();
  assert.ok(conversation.updatedAt > between);

  await conversation.fetch();
  const stored = await bob.client.getConversation(conversation.id, true);
  for (const seen of [conversation, stored]) {
    assert.deepEqual(seen.get('attr'), { k: 1, lee: 'yeh' });
    assert.equal(seen.get('plain'), 'kept');
    assert.equal(seen.name, 'new');
    assert.deepEqual(seen.updatedAt, conversation.updatedAt);
  }
  assert.deepEqual(stored.createdAt, conversation.createdAt);
});

scenario('C32 the other members are told what changed and their copy changes', async (stage) => {
  const { alice, bob, conversation, updates } = await pair(stage, { name: 'old', attr: { k: 1 } });
  const when = new Date(1_600_000_000_000);
  await conversation.set('attr.lee', { since: when }).set('name', 'new').save();
  const [payload, theirs] = await updates.first();
  assert.deepEqual(payload, {
    attributes: { 'attr.lee': { since: when }, name: 'new' },
    updatedBy: alice.id,
  });
  assert.equal(theirs.id, conversation.id);
  assert.equal(theirs.name, 'new');
  assert.deepEqual(theirs.get('attr'), { k: 1, lee: { since: when } });

  const [own] = await alice.log(alice.sdk.Event.CONVERSATION_INFO_UPDATED).first();
  assert.deepEqual(own, payload, 'the operator is told as well');
  await fence(alice, conversation, bob);
  assert.equal(updates.entries.length, 1);
});

scenario('C33 C34 operations are applied and arrive as their results', async (stage) => {
  const { alice, conversation, updates } = await pair(stage, {
    attr: { a: 0, del: 'x', arr: ['y'], n: 40, keep: true },
    top: 'gone',
  });
  const response = await alice.conversationCommand('update', {
    cid: conversation.id,
    attr: {
      name: 'n',
      'attr.a': 1,
      'attr.del': { __op: 'Delete' },
      'attr.arr': { __op: 'Add', objects: ['z'] },
      'attr.n': { __op: 'Increment', amount: 2 },
      top: { __op: 'Delete' },
    },
  });
  const modified = JSON.parse(response.convMessage.attrModified.data);
  assert.deepEqual(modified, { name: 'n', attr: { a: 1, arr: ['y', 'z'], n: 42, keep: true } });

  const [{ attributes }, theirs] = await updates.first();
  assert.deepEqual(attributes, {
    name: 'n',
    'attr.a': 1,
    'attr.del': null,
    'attr.arr': ['y', 'z'],
    'attr.n': 42,
    top: null,
  });
  await theirs.fetch();
  assert.deepEqual(theirs.get('attr'), { a: 1, arr: ['y', 'z'], n: 42, keep: true });
  assert.equal(theirs.get('top'), undefined);
});

scenario('C2 an update of an unknown conversation is refused by name', async (stage) => {
  const alice = await stage.login('alice');
  await assert.rejects(
    alice.conversationCommand('update', { cid: '555555555555555555555555' }),
    refusal(4303, 'CONVERSATION_NOT_FOUND'),
  );
});

scenario('C35 updates of strangers and of reserved columns are refused', async (stage) => {
  const { alice, bob, conversation, updates } = await pair(stage, { name: 'kept', attr: { a: 0 } });
  const carol = await stage.login('carol');
  const theirs = await carol.client.getConversation(conversation.id);
  await assert.rejects(theirs.set('name', 'mine').save(), refusal(4309, 'CONVERSATION_UPDATE_REJECTED'));

  const refused = refusal(4306, 'CONVERSATION_UPDATE_FAILED');
  const update = (attr) => alice.conversationCommand('update', { cid: conversation.id, attr });
  await assert.rejects(update({ attr: { b: 1 }, 'attr.a': 1 }), refused);
  for (const column of ['c', 'm', 'mu', 'lm', 'tr', 'sys', 'unique', 'uniqueId', 'objectId', 'createdAt', 'updatedAt']) {
    await assert.rejects(update({ [column]: 'x', name: 'x' }), refused, column);
  }
  await fence(alice, conversation, bob);
  assert.deepEqual(updates.entries, []);
  const stored = await bob.client.getConversation(conversation.id, true);
  assert.equal(stored.name, 'kept');
  assert.deepEqual(stored.get('attr'), { a: 0 });
});

scenario("C36 muting is one's own affair and can be taken back", async (stage) => {
  const { alice, bob, conversation } = await pair(stage);
  const theirs = await bob.client.getConversation(conversation.id, true);
  assert.equal(theirs.muted, false);
  const before = theirs.updatedAt;
  const frames = alice.device.frames();

  const { updated } = bob.sdk.Protocols.OpType;
  const bobs = bob.device.frames();
  await theirs.mute();
  const [{ convMessage }] = await bobs.first(({ op }) => op === updated);
  assert.ok(new Date(convMessage.udate) > before);
  await theirs.fetch();
  assert.equal(theirs.muted, true);
  assert.deepEqual(theirs.mutedMembers, [bob.id]);
  await conversation.fetch();
  assert.equal(conversation.muted, false);
  assert.deepEqual(conversation.mutedMembers, [bob.id]);

  await theirs.unmute();
  await theirs.fetch();
  assert.equal(theirs.muted, false);
  assert.deepEqual(theirs.mutedMembers, []);

  await fence(bob, theirs, alice);
  assert.equal(frames.entries.filter(([{ op }]) => op === updated).length, 0, 'nobody else is told');
});

scenario('C36 a muted conversation still delivers and still counts', async (stage) => {
  const { alice, bob, conversation } = await pair(stage);
  const theirs = await bob.client.getConversation(conversation.id);
  await theirs.read();
  await theirs.mute();
  await fence(alice, conversation, bob);
  assert.equal(theirs.unreadMessagesCount, 1);
});

scenario('4317 who is no member cannot mute', async (stage) => {
  const { conversation } = await pair(stage);
  const carol = await stage.login('carol');
  const theirs = await carol.client.getConversation(conversation.id);
  await assert.rejects(theirs.mute(), refusal(4317, 'CONVERSATION_MEMBERSHIP_REQUIRED'));
});

scenario('C37 the members are counted', async (stage) => {
  const { conversation } = await pair(stage);
  assert.equal(await conversation.count(), 2);
  await conversation.add([stage.id('carol')]);
  assert.equal(await conversation.count(), 3);
});

scenario('4303 commands on an unknown conversation are refused and the session goes on', async (stage) => {
  const { alice, bob, conversation } = await pair(stage);
  const cid = '555555555555555555555555';
  const refused = refusal(4303, 'CONVERSATION_NOT_FOUND');
  await assert.rejects(alice.conversationCommand('add', { cid, m: [bob.id] }), refused);
  await assert.rejects(alice.conversationCommand('remove', { cid, m: [bob.id] }), refused);
  await assert.rejects(alice.conversationCommand('mute', { cid }), refused);
  await assert.rejects(alice.conversationCommand('count', { cid }), refused);
  await fence(alice, conversation, bob);
});

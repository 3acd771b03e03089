// What a device missed while it was away, which the SDK asks for over REST after it reconnects.

import assert from 'node:assert/strict';

import { calls, next } from '../support/events.mjs';
import { fence, scenario, startConversation } from '../support/stage.mjs';

/** Takes a device offline and returns what brings it back. */
async function pause(login) {
  const { OFFLINE, RECONNECT } = login.sdk.Event;
  const offline = next(login.client, OFFLINE);
  login.device.realtime.pause();
  await offline;
  return async () => {
    const reconnected = next(login.client, RECONNECT);
    login.device.realtime.resume();
    await reconnected;
  };
}

scenario('C22 an invitation that was missed is an INVITED after the return', async (stage) => {
  const [alice, bob] = await stage.logins('alice', 'bob');
  const { INVITED, MEMBERS_JOINED } = bob.sdk.Event;
  bob.watch(INVITED, MEMBERS_JOINED);
  const resume = await pause(bob);
  const conversation = await alice.client.createConversation({ members: [bob.id], name: 'missed' });
  await resume();

  const about = (_, { id }) => id === conversation.id;
  const [invited, theirs] = await bob.log(INVITED).first(about);
  assert.deepEqual(invited, { invitedBy: alice.id });
  assert.equal(theirs.name, 'missed');
  const [joined] = await bob.log(MEMBERS_JOINED).first(about);
  assert.equal(joined.invitedBy, alice.id);
  assert.deepEqual(new Set(joined.members), new Set([alice.id, bob.id]));

  // Nothing is told twice: not by another return, and what comes next comes once.
  const again = await pause(bob);
  await again();
  await fence(alice, conversation, bob);
  assert.equal(bob.log(INVITED).entries.filter((entry) => about(...entry)).length, 1);
});

scenario('C22 removals and updates that were missed are told in their order', async (stage) => {
  const [alice, bob, carol] = await stage.logins('alice', 'bob', 'carol');
  const conversation = await startConversation(alice, [bob, carol], { name: 'before' });
  const { CONVERSATION_INFO_UPDATED, KICKED, MEMBERS_LEFT } = bob.sdk.Event;
  bob.watch(CONVERSATION_INFO_UPDATED, KICKED, MEMBERS_LEFT);
  const theirs = await bob.client.getConversation(conversation.id);
  const resume = await pause(bob);
  conversation.name = 'after';
  conversation.set('attr.topic', 'tea');
  await conversation.save();
  await conversation.remove([carol.id]);
  await conversation.remove([bob.id]);
  await resume();

  await bob.log(KICKED).first((_, { id }) => id === conversation.id);
  const [left] = await bob.log(MEMBERS_LEFT).first();
  assert.deepEqual(left, { kickedBy: alice.id, members: [carol.id] });
  const [updated] = await bob.log(CONVERSATION_INFO_UPDATED).first();
  assert.equal(updated.updatedBy, alice.id);
  assert.equal(theirs.name, 'after');
  assert.equal(theirs.get('attr.topic'), 'tea');
  assert.deepEqual(theirs.members, [alice.id]);
});

scenario('C22 a long absence is fetched page by page and nothing is left out', async (stage) => {
  const [alice, bob] = await stage.logins('alice', 'bob');
  const { INVITED } = bob.sdk.Event;
  bob.watch(INVITED);
  const fetches = calls(bob.client, '_fetchNotifications');
  const resume = await pause(bob);
  const started = new Set();
  for (let count = 0; count < 60; count += 1) {
    const { id } = await alice.client.createConversation({ members: [bob.id], unique: false });
    started.add(id);
  }
  await resume();
  await bob.log(INVITED).atLeast(60);
  assert.deepEqual(new Set(bob.log(INVITED).entries.map(([, { id }]) => id)), started);
  assert.ok(fetches.entries.length >= 2, 'two events each do not fit on one page');
});

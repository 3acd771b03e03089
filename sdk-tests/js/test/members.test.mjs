// Members come and go, and everybody concerned is told once.

import assert from 'node:assert/strict';

import { fence, refusal, scenario, startConversation } from '../support/stage.mjs';

const MEMBERSHIP = ['INVITED', 'KICKED', 'MEMBERS_JOINED', 'MEMBERS_LEFT'];

/** Opens the logs of all four membership events. */
function watchMembership(...logins) {
  for (const login of logins) login.watch(...MEMBERSHIP.map((name) => login.sdk.Event[name]));
}

/** What a login was told about one conversation, by event name, members sorted. */
function told(login, conversation) {
  const entries = MEMBERSHIP.map((name) => [
    name,
    login
      .log(login.sdk.Event[name])
      .entries.filter(([, { id }]) => id === conversation.id)
      .map(([payload]) => (payload.members ? { ...payload, members: [...payload.members].sort() } : payload)),
  ]);
  return Object.fromEntries(entries.filter(([, payloads]) => payloads.length));
}

/** Forgets what was told so far. */
function forget(...logins) {
  for (const login of logins) {
    for (const name of MEMBERSHIP) login.log(login.sdk.Event[name]).entries.length = 0;
  }
}

/** Two members of a new conversation on devices of their own; its notifications are past. */
async function pair(stage) {
  const [alice, bob] = await stage.logins('alice', 'bob');
  watchMembership(alice, bob);
  const conversation = await startConversation(alice, [bob]);
  forget(alice, bob);
  return { alice, bob, conversation };
}

scenario('C11 a new conversation is announced once on every device of every member', async (stage) => {
  const cast = await stage.logins('alice', 'alice', 'bob', 'carol');
  const [alice, desk, bob, carol] = cast;
  watchMembership(...cast);
  const conversation = await startConversation(alice, [bob, carol]);
  await fence(bob, await bob.client.getConversation(conversation.id), alice, desk, carol);
  await fence(alice, conversation, bob);

  const members = [alice.id, bob.id, carol.id].sort();
  const expected = {
    INVITED: [{ invitedBy: alice.id }],
    MEMBERS_JOINED: [{ invitedBy: alice.id, members }],
  };
  for (const login of cast) assert.deepEqual(told(login, conversation), expected);
});

scenario('C16 add and remove change the members that the operator sees', async (stage) => {
  const { alice, bob, conversation } = await pair(stage);
  const x = stage.id('x');
  assert.deepEqual(await conversation.add([x]), { successfulClientIds: [x], failures: [] });
  assert.ok(conversation.members.includes(x));
  assert.deepEqual(await conversation.remove([x]), { successfulClientIds: [x], failures: [] });
  assert.ok(!conversation.members.includes(x));
  const stored = await bob.client.getConversation(conversation.id, true);
  assert.deepEqual(new Set(stored.members), new Set([alice.id, bob.id]));
});

scenario('C15 an added member, the operator and the others are told', async (stage) => {
  const { alice, bob, conversation } = await pair(stage);
  const carol = await stage.login('carol');
  watchMembership(carol);
  await conversation.add([carol.id]);
  await fence(alice, conversation, bob, carol);

  const joined = [{ invitedBy: alice.id, members: [carol.id] }];
  assert.deepEqual(told(alice, conversation), { MEMBERS_JOINED: joined });
  assert.deepEqual(told(bob, conversation), { MEMBERS_JOINED: joined });
  assert.deepEqual(told(carol, conversation), {
    INVITED: [{ invitedBy: alice.id }],
    MEMBERS_JOINED: joined,
  });
  const theirs = await bob.client.getConversation(conversation.id);
  assert.ok(theirs.members.includes(carol.id), 'the event reached the cached conversation');
});

scenario('C15 every frame of a change carries the time that the row has afterwards', async (stage) => {
  const { alice, bob, conversation } = await pair(stage);
  const frames = { alice: alice.device.frames(), bob: bob.device.frames() };
  await conversation.add([stage.id('carol')]);
  await fence(alice, conversation, bob);

  const { updatedAt } = await bob.client.getConversation(conversation.id, true);
  const changes = [...frames.alice.entries, ...frames.bob.entries]
    .map(([frame]) => frame)
    .filter(({ convMessage }) => convMessage?.udate);
  assert.equal(changes.length, 3, 'the response and one event each');
  for (const { convMessage } of changes) assert.deepEqual(new Date(convMessage.udate), updatedAt);
});

scenario('C17 a removed member is only told to have been kicked', async (stage) => {
  const { alice, bob, conversation } = await pair(stage);
  const [desk, carol] = await stage.logins('alice', 'carol');
  await conversation.add([carol.id]);
  await fence(alice, conversation, bob, carol, desk);
  watchMembership(desk, carol);
  forget(alice, bob);

  const elsewhere = await startConversation(alice, [carol]);
  await conversation.remove([carol.id]);
  await fence(alice, conversation, bob, desk);
  await fence(alice, elsewhere, carol);

  const left = [{ kickedBy: alice.id, members: [carol.id] }];
  for (const login of [alice, desk, bob]) {
    assert.deepEqual(told(login, conversation), { MEMBERS_LEFT: left });
  }
  assert.deepEqual(told(carol, conversation), { KICKED: [{ kickedBy: alice.id }] });
});

scenario('C18 join and quit are told to the others and to oneself', async (stage) => {
  const { alice, bob, conversation } = await pair(stage);
  const carol = await stage.login('carol');
  watchMembership(carol);
  const theirs = await carol.client.getConversation(conversation.id);
  await theirs.join();
  assert.ok(theirs.members.includes(carol.id));
  await fence(alice, conversation, bob, carol);

  const joined = [{ invitedBy: carol.id, members: [carol.id] }];
  for (const login of [alice, bob]) assert.deepEqual(told(login, conversation), { MEMBERS_JOINED: joined });
  assert.deepEqual(told(carol, conversation), {
    INVITED: [{ invitedBy: carol.id }],
    MEMBERS_JOINED: joined,
  });

  forget(alice, bob, carol);
  const elsewhere = await startConversation(carol, [alice, bob]);
  await theirs.quit();
  assert.ok(!theirs.members.includes(carol.id));
  await fence(carol, elsewhere, alice, bob);
  await fence(alice, await alice.client.getConversation(elsewhere.id), carol);

  const left = [{ kickedBy: carol.id, members: [carol.id] }];
  for (const login of [alice, bob]) assert.deepEqual(told(login, conversation), { MEMBERS_LEFT: left });
  assert.deepEqual(told(carol, conversation), { KICKED: [{ kickedBy: carol.id }] });
});

scenario('C19 the creator quits and joins again', async (stage) => {
  const { alice, bob, conversation } = await pair(stage);
  await conversation.quit();
  assert.ok(!conversation.members.includes(alice.id));
  const without = await bob.client.getConversation(conversation.id, true);
  assert.deepEqual(without.members, [bob.id]);
  assert.equal(without.creator, alice.id);

  await conversation.join();
  assert.ok(conversation.members.includes(alice.id));
  const within = await bob.client.getConversation(conversation.id, true);
  assert.deepEqual(new Set(within.members), new Set([alice.id, bob.id]));
});

scenario('C21 who is no member cannot add others', async (stage) => {
  const { conversation } = await pair(stage);
  const carol = await stage.login('carol');
  const theirs = await carol.client.getConversation(conversation.id);
  const refused = refusal(4317, 'CONVERSATION_MEMBERSHIP_REQUIRED');
  await assert.rejects(theirs.add([stage.id('dave')]), refused);
  await assert.rejects(theirs.remove([stage.id('bob')]), refused);
  assert.deepEqual(await carol.client.ping([carol.id]), [carol.id]);
});

scenario('C21 adding a member and removing a stranger succeed and notify nobody', async (stage) => {
  const { alice, bob, conversation } = await pair(stage);
  const stranger = stage.id('stranger');
  assert.deepEqual((await conversation.add([bob.id])).successfulClientIds, [bob.id]);
  assert.deepEqual((await conversation.remove([stranger])).successfulClientIds, [stranger]);
  await fence(alice, conversation, bob);
  assert.deepEqual(told(alice, conversation), {});
  assert.deepEqual(told(bob, conversation), {});
});

scenario('an add that finds only some members already there announces the new ones', async (stage) => {
  const { alice, bob, conversation } = await pair(stage);
  const carol = stage.id('carol');
  const { successfulClientIds } = await conversation.add([bob.id, carol]);
  assert.deepEqual(new Set(successfulClientIds), new Set([bob.id, carol]));
  await fence(alice, conversation, bob);
  assert.deepEqual(told(bob, conversation), {
    MEMBERS_JOINED: [{ invitedBy: alice.id, members: [carol] }],
  });
});

scenario('4304 a full conversation names the client that did not fit', async (stage) => {
  const alice = await stage.login('alice');
  const others = Array.from({ length: 499 }, (_, index) => stage.id(`m${index}`));
  const conversation = await startConversation(alice, others);
  const { successfulClientIds, failures } = await conversation.add([others[0], stage.id('late')]);
  assert.deepEqual(successfulClientIds, [others[0]]);
  assert.equal(failures.length, 1);
  assert.equal(failures[0].code, 4304);
  assert.equal(failures[0].name, 'CONVERSATION_FULL');
  assert.deepEqual(failures[0].clientIds, [stage.id('late')]);
});

scenario('C25 a client that was kicked still finds the conversation', async (stage) => {
  const { alice, bob, conversation } = await pair(stage);
  await conversation.remove([bob.id]);
  const found = await bob.client.getQuery().equalTo('objectId', conversation.id).find();
  assert.equal(found.length, 1);
  assert.deepEqual(found[0].members, [alice.id]);
});
